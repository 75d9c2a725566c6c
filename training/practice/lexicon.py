# ruff: noqa: SIM905
"""Words of the practice model's curriculum: written by hand, ordinary, and few enough to be learnt."""

CATEGORIES = {
    "fruit": "apple banana cherry grape lemon mango peach pear plum orange melon kiwi fig lime coconut apricot pineapple strawberry papaya date",
    "animal": "dog cat horse cow sheep lion tiger bear wolf fox mouse rabbit goat pig duck monkey elephant frog deer camel zebra giraffe squirrel dolphin whale snake turtle penguin chicken goose",
    "color": "red blue green yellow black white purple brown pink gray gold silver violet beige",
    "tool": "hammer saw drill wrench ladder shovel rake axe screwdriver chisel pliers scissors spade clamp",
    "vehicle": "car bus train truck boat plane bike ship van taxi tram ferry scooter helicopter tractor subway motorcycle",
    "weather": "rain snow wind storm cloud fog frost hail sunshine thunder mist lightning",
    "clothing": "shirt coat hat shoe sock dress skirt jacket scarf glove belt sweater jeans boot tie",
    "furniture": "table chair sofa bed desk shelf wardrobe bench stool cupboard drawer couch",
    "body part": "hand foot head arm leg nose ear eye mouth neck back knee finger shoulder",
    "food": "bread cheese rice soup pasta salad cake pie egg butter meat pizza noodles sandwich sausage yogurt honey jam",
    "drink": "water milk coffee tea juice beer wine lemonade cocoa soda",
    "country": "France Germany Spain Italy China Japan Brazil Canada Egypt India Norway Poland Portugal Greece Kenya Mexico",
    "job": "teacher doctor nurse lawyer driver baker farmer pilot writer singer cook dentist painter engineer waiter plumber carpenter tailor butcher soldier scientist",
    "instrument": "piano guitar violin drum flute trumpet harp cello organ banjo",
    "sport": "football tennis golf hockey boxing swimming rugby cricket skiing rowing basketball volleyball baseball badminton",
    "vegetable": "carrot potato onion tomato cabbage pea bean spinach lettuce pepper cucumber garlic pumpkin corn radish celery",
    "utensil": "spoon fork plate bowl pan pot cup kettle glass jug",
    "building": "house school hospital church castle hotel museum library tower factory",
    "season": "spring summer autumn winter",
    "language": "English French German Spanish Italian Chinese Japanese Russian",
    "shape": "circle square triangle star cube line",
    "family member": "mother father brother sister aunt uncle grandmother grandfather cousin daughter son",
}
CATEGORY_WORDS = {name: words.split() for name, words in CATEGORIES.items()}
NOUNS = [word for name, words in CATEGORY_WORDS.items() if name != "country" for word in words]

SHORT_WORDS = (
    "cat dog sun cup map pen bus car red box key bed hat egg ice leg net oil pot rat sea tea van "
    "bag day fox hen ink jam kid log man nut owl pig run sky top win zoo arm bee cow ear fan gas "
    "bird book cake door fish game hand king lamp milk moon nose park rain ship snow star tree "
    "wind wolf bank card city desk farm gold home idea lake mail name open page road salt time "
    "wall year ball blue boat cold corn dark duck fire frog gate girl good hair hill hope jump "
    "kite leaf lion love nest pear pink ring rose sand shoe sing soap song soup swim tent train "
    "water apple house table green bread chair clock cloud happy horse light money music night "
    "paper phone plant river sheep small smile stone storm sugar tiger white world lemon melon "
    "mouse ocean piano plate queen radio shirt spoon sweet tooth watch order price bill cash loan "
    "file note team work word plan"
).split()

EVERYDAY_WORDS = (
    "farm town village bridge market window kitchen garden planet candle winter summer spring autumn silver "
    "bottle basket blanket journey picture station library road street corner castle island forest valley desert "
    "beach iron copper wood glass wool cotton leather drum bell flag rope nail wheel engine rocket robot camera "
    "pocket button ribbon needle thread mirror carpet curtain pillow towel bucket broom soup cheese butter honey "
    "pepper onion garlic carrot pancake cookie ticket letter stamp envelope parcel poster pencil eraser ruler "
    "teacher farmer doctor driver baker singer sister brother mother father uncle cousin neighbor friend guest "
    "early late warm cool dry wet high low deep wide thin thick soft hard loud quiet clean dirty empty full rich "
    "poor young old fast slow strong weak brave calm kind proud sleepy hungry angry lucky funny simple perfect "
    "apple lion eagle whale otter donkey parrot spider beetle butterfly turtle lizard pigeon rooster goose"
).split()
PET_NAMES = (
    "Bobby Lucky Rex Toby Lola Snowy Shadow Ginger Pepper Molly Teddy Simba Nala Felix Tiger Fluffy Rusty Honey "
    "Sandy Spot Bruno Misty Penny Zara Oreo Biscuit Archie Willow Bonnie Hazel"
).split()

NAMES = (
    "Anna Ben Clara David Emma Frank Grace Henry Iris Jack Karen Leo Maria Nina Oscar Paul Rosa "
    "Sam Tina Victor Alice Bob Carol Daniel Eva Felix George Hannah Ivan Julia Kevin Laura Mark "
    "Nora Olga Peter Robert Sarah Tom Uma Vera Walter Zoe Adam Lisa John Mary Lucy Omar Ali Mei "
    "Wei Yuki Priya Diego Sofia Ella Max Ruth Simon Helen Chris Amy Kate James Linda Mike Susan "
    "Tim Jane"
).split()
CITIES = (
    "Paris Berlin London Madrid Rome Vienna Oslo Prague Dublin Lisbon Athens Warsaw Tokyo Cairo "
    "Lima Boston Chicago Sydney Toronto Mumbai Beijing Shanghai Seoul Bangkok Geneva Milan Munich "
    "Hamburg Barcelona Dallas Denver Seattle Miami Moscow Nairobi Delhi Zurich Brussels Budapest "
    "Copenhagen"
).split()
SURNAMES = (
    "Smith Brown Miller Wilson Taylor Clark Lewis Walker Hall Young King Wright Green Baker Adams "
    "Nelson Carter Turner Parker Collins Cook Bell Ward Gray Price Wood Ross Long Chen Wang Lee "
    "Kim"
).split()
CAPITALS = {
    "France": "Paris", "Germany": "Berlin", "England": "London", "Spain": "Madrid", "Italy": "Rome",
    "Austria": "Vienna", "Norway": "Oslo", "Ireland": "Dublin", "Portugal": "Lisbon", "Greece": "Athens",
    "Poland": "Warsaw", "Japan": "Tokyo", "Egypt": "Cairo", "Peru": "Lima", "China": "Beijing",
    "Thailand": "Bangkok", "Russia": "Moscow", "Kenya": "Nairobi", "India": "Delhi", "Hungary": "Budapest",
    "Belgium": "Brussels", "Denmark": "Copenhagen",
}  # fmt: skip
OPPOSITES = dict(
    pair.split("-")
    for pair in (
        "hot-cold big-small fast-slow open-closed up-down left-right day-night happy-sad old-new "
        "early-late high-low rich-poor full-empty light-dark long-short easy-hard good-bad "
        "strong-weak clean-dirty wet-dry true-false first-last near-far thick-thin loud-quiet "
        "safe-dangerous cheap-expensive begin-end buy-sell win-lose love-hate yes-no push-pull "
        "inside-outside always-never more-less before-after above-below wide-narrow heavy-light "
        "young-old sweet-sour tall-short front-back start-finish give-take "
        "laugh-cry"
    ).split()
)
PLURALS = dict(
    pair.split("-")
    for pair in (
        "cat-cats dog-dogs box-boxes city-cities child-children man-men woman-women foot-feet "
        "tooth-teeth mouse-mice bus-buses baby-babies leaf-leaves knife-knives apple-apples "
        "card-cards bank-banks order-orders fee-fees key-keys country-countries company-companies "
        "church-churches watch-watches dish-dishes potato-potatoes tomato-tomatoes story-stories "
        "person-people account-accounts house-houses table-tables letter-letters payment-payments"
    ).split()
)
PAST = dict(
    pair.split("-")
    for pair in (
        "go-went buy-bought pay-paid send-sent make-made take-took give-gave see-saw come-came "
        "eat-ate write-wrote run-ran lose-lost find-found sell-sold get-got have-had say-said "
        "think-thought bring-brought drink-drank drive-drove fly-flew know-knew sing-sang speak-spoke "
        "swim-swam walk-walked open-opened close-closed order-ordered transfer-transferred "
        "call-called work-worked play-played ask-asked help-helped need-needed start-started "
        "stop-stopped"
    ).split()
)
POSITIVE = (
    "great wonderful excellent lovely amazing good fantastic pleasant delicious perfect friendly "
    "helpful quick brilliant superb comfortable clean beautiful reliable nice enjoyable "
    "outstanding fresh charming impressive polite"
).split()
NEGATIVE = (
    "awful terrible bad horrible boring poor disgusting broken cold slow rude dirty useless noisy "
    "disappointing unpleasant late ugly expensive unfriendly dreadful stale dull annoying "
    "unhelpful faulty"
).split()
THINGS = (
    "food movie hotel book service room game concert phone show staff meal app website product "
    "course trip flight laptop camera restaurant film support delivery store coffee waiter bed "
    "music garden soup dinner driver bus train screen battery colour price size taste view beach "
    "city party song story"
).split()
GOODS = (
    "laptop phone camera lamp jacket backpack watch printer keyboard mouse chair desk tablet "
    "headset kettle toaster blender umbrella suitcase mirror carpet pillow blanket monitor "
    "charger cable speaker router sofa table shelf bicycle tent shoes shirt dress coat book"
).split()
DAYS = "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()
MONTHS = (
    "January February March April May June July August September October November December".split()
)
NUMBER_WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
    "fifteen sixteen seventeen eighteen nineteen twenty"
).split()
CURRENCIES = "euros dollars pounds yen francs yuan".split()
HOBBIES = (
    "reading cooking swimming painting dancing singing running fishing gardening cycling hiking "
    "chess photography football tennis skiing travelling knitting"
).split()

# English to Chinese; one usual translation each, so that an answer can be checked.
CHINESE = dict(
    pair.split("-")
    for pair in (
        "cat-猫 dog-狗 horse-马 cow-牛 sheep-羊 bird-鸟 fish-鱼 pig-猪 tiger-老虎 rabbit-兔子 apple-苹果 banana-香蕉 "
        "orange-橙子 grape-葡萄 lemon-柠檬 pear-梨 peach-桃子 water-水 tea-茶 coffee-咖啡 milk-牛奶 rice-米饭 bread-面包 "
        "egg-鸡蛋 meat-肉 soup-汤 noodles-面条 red-红色 blue-蓝色 green-绿色 yellow-黄色 black-黑色 white-白色 car-汽车 "
        "bus-公交车 train-火车 plane-飞机 bike-自行车 ship-船 house-房子 door-门 window-窗户 table-桌子 chair-椅子 bed-床 "
        "book-书 pen-笔 paper-纸 phone-手机 computer-电脑 money-钱 bank-银行 card-卡 account-账户 password-密码 "
        "order-订单 refund-退款 payment-付款 transfer-转账 delivery-快递 price-价格 fee-手续费 store-商店 hotel-酒店 "
        "school-学校 hospital-医院 city-城市 country-国家 teacher-老师 doctor-医生 student-学生 friend-朋友 mother-妈妈 "
        "father-爸爸 child-孩子 day-天 night-晚上 morning-早上 today-今天 tomorrow-明天 yesterday-昨天 week-星期 "
        "month-月 year-年 sun-太阳 moon-月亮 star-星星 rain-雨 snow-雪 wind-风 mountain-山 river-河 sea-海 tree-树 "
        "flower-花 big-大 small-小 hot-热 cold-冷 good-好 bad-坏 new-新 old-旧 happy-高兴 one-一 two-二 three-三 "
        "four-四 five-五 six-六 seven-七 eight-八 nine-九 ten-十 invoice-发票 customer-客户 company-公司 address-地址 email-邮件 ticket-票 shop-店 "
        "street-街道 garden-花园 music-音乐 song-歌 movie-电影 game-游戏 food-食物 fruit-水果 animal-动物 color-颜色 "
        "language-语言 name-名字 time-时间 hour-小时 minute-分钟 spring-春天 summer-夏天 autumn-秋天 winter-冬天"
    ).split()
)
CHINESE_CATEGORIES = {
    "水果": "苹果 香蕉 橙子 葡萄 柠檬 梨 桃子 西瓜 草莓".split(),
    "动物": "猫 狗 马 牛 羊 鸟 鱼 猪 老虎 兔子 熊猫 大象".split(),
    "颜色": "红色 蓝色 绿色 黄色 黑色 白色 紫色 灰色".split(),
    "交通工具": "汽车 公交车 火车 飞机 自行车 船 地铁 出租车".split(),
    "食物": "米饭 面包 鸡蛋 面条 汤 饺子 蛋糕 包子".split(),
    "乐器": "钢琴 吉他 小提琴 鼓 笛子 二胡".split(),
    "蔬菜": "白菜 土豆 番茄 黄瓜 胡萝卜 洋葱".split(),
    "工具": "锤子 锯子 剪刀 钳子 梯子 螺丝刀".split(),
    "衣服": "衬衫 裤子 裙子 外套 帽子 鞋子".split(),
    "天气": "下雨 下雪 刮风 晴天 阴天 打雷".split(),
    "饮料": "茶 咖啡 牛奶 果汁 啤酒 可乐".split(),
    "运动": "足球 篮球 网球 乒乓球 羽毛球 滑雪".split(),
    "国家": "中国 法国 德国 日本 英国 美国 意大利 韩国".split(),
    "家具": "桌子 椅子 床 沙发 书架 柜子".split(),
    "职业": "老师 医生 护士 司机 律师 厨师 农民 工程师".split(),
    "城市": "北京 上海 广州 深圳 杭州 成都 南京 武汉 西安 重庆 天津 苏州 青岛 大连 厦门 长沙".split(),
}
CHINESE_OPPOSITES = dict(
    pair.split("-")
    for pair in (
        "大-小 多-少 高-低 长-短 快-慢 冷-热 新-旧 好-坏 左-右 上-下 前-后 开-关 黑-白 远-近 轻-重 早-晚 "
        "贵-便宜 干净-脏 高兴-难过 成功-失败 安全-危险 简单-复杂 买-卖 来-去 进-出 真-假 胖-瘦 强-弱"
    ).split()
)
CHINESE_CAPITALS = {
    "法国": "巴黎", "德国": "柏林", "英国": "伦敦", "西班牙": "马德里", "意大利": "罗马", "日本": "东京",
    "中国": "北京", "俄罗斯": "莫斯科", "韩国": "首尔", "泰国": "曼谷", "埃及": "开罗", "希腊": "雅典",
}  # fmt: skip
CHINESE_NAMES = "小明 小红 小丽 小刚 李明 李娜 王明 张丽 刘强 陈明 李华 王芳 张伟 刘洋 陈静 赵强 孙丽 周杰 吴敏 郑云".split()
CHINESE_FAMILY_NAMES = list(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡"
)
CHINESE_GIVEN_NAMES = (
    "芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 兰 霞 平 刚 鹏 远 红 月 雪 梅 宁 波 云 辉 建国 志强 小燕 海燕 文静 "
    "晓东 玉兰 家豪 子涵 思远 雨桐 天明 春花 国庆 美玲 俊杰 佳佳 丹丹"
).split()
CHINESE_GOODS = (
    "桌子 椅子 沙发 手机 电脑 书架 衬衫 外套 帽子 鞋子 相机 灯 自行车 书包 雨伞 杯子 手表 电视 冰箱 洗衣机 毛衣 钢笔 "
    "本子 耳机 地图 玩具 镜子 花瓶 水壶 裤子"
).split()
CHINESE_PET_NAMES = "小白 点点 旺旺 咪咪 贝贝 可可 圆圆 笨笨 大黄 小灰 米粒 布丁 奇奇 多多".split()
CHINESE_HOBBIES = (
    "看书 游泳 画画 跑步 做饭 听音乐 下棋 唱歌 跳舞 打篮球 看电影 爬山 钓鱼 摄影 打网球".split()
)

LISTS: dict[str, list[str]] = {
    "noun": NOUNS,
    "name": NAMES,
    "city": CITIES,
    "surname": SURNAMES,
    "good": GOODS,
    "day": DAYS,
    "month": MONTHS,
    "currency": CURRENCIES,
    "hobby": HOBBIES,
    "job": CATEGORY_WORDS["job"],
    "country": CATEGORY_WORDS["country"],
    "food": CATEGORY_WORDS["food"],
    "drink": CATEGORY_WORDS["drink"],
    "animal": CATEGORY_WORDS["animal"],
    "color": CATEGORY_WORDS["color"],
    "clothing": CATEGORY_WORDS["clothing"],
    "furniture": CATEGORY_WORDS["furniture"],
    "vehicle": CATEGORY_WORDS["vehicle"],
    "sport": CATEGORY_WORDS["sport"],
    "instrument": CATEGORY_WORDS["instrument"],
    "thing": THINGS,
    "pos": POSITIVE,
    "neg": NEGATIVE,
    "small": NUMBER_WORDS[2:13],
    "zhname": CHINESE_NAMES,
    "zhcity": CHINESE_CATEGORIES["城市"],
    "zhhobby": CHINESE_HOBBIES,
    "zhfood": CHINESE_CATEGORIES["食物"],
    "zhfruit": CHINESE_CATEGORIES["水果"],
    "zhjob": CHINESE_CATEGORIES["职业"],
}
