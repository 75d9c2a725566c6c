"""600 Chinese messages to a shop's support with their topic."""
# ruff: noqa: SIM905  # word lists read best as lines of words

from __future__ import annotations

import random

from training.practice.grammar import expand

TOPICS: dict[str, tuple[str, ...]] = {
    "物流": ("[我的{thing}|我的包裹|订单{order}][还没到|怎么还没到|到哪里了|什么时候能到]", "{days}天前[买|下单]的{thing}[还没收到|一直没有发货]", "[快递|物流]显示已签收，[可是我没收到|但是家里没有人收到]", "[发货要多久|一般几天能到{city}|能不能快点发货]", "[快递员|快递][把包裹放错地方了|送到别人家了|{day}没有来]"),
    "退款": ("[我要退款|我想退货退款|请把钱退给我]，订单{order}", "{thing}[退回去|寄回去]{days}天了，[钱还没到账|退款怎么还没到]", "[退款|钱][什么时候到账|多久能到|为什么只退了{amount}元]", "{thing}[不合适|不喜欢|买错了]，[怎么退款|能退钱吗]", "你们[答应|说好]退我{amount}元，[到现在没有退|一直没收到]"),
    "登录": ("[登录不了|无法登录|登不上]我的账号", "[忘记密码了|密码忘了]，[重置邮件收不到|怎么找回]", "[收不到|一直没有收到][验证码|短信验证码]", "我的账号[被锁了|被封了|显示不存在]", "[提示|显示]密码错误，[可是密码是对的|我没有改过密码]", "怎么[修改密码|换绑手机|修改登录邮箱]"),
    "发票": ("[请给我开发票|我要开发票|能开发票吗]，订单{order}", "发票[抬头|金额|税号][错了|不对|写错了]", "[电子发票|发票][在哪里下载|没有收到|什么时候寄出]", "公司报销[需要发票|要用发票]，[请尽快开|怎么申请]", "[同一个订单|订单{order}][扣了两次钱|多收了{amount}元]"),
    "质量": ("{thing}[坏了|破了|打不开|有划痕|不能用]", "收到的{thing}[是坏的|有裂缝|少了零件|颜色不对]", "{thing}[用了{days}天就坏了|有奇怪的声音|有焦味]", "[箱子|包装][湿了|破了|压坏了]，里面的{thing}[也坏了|不能用了]", "{thing}[质量太差|做工很差]，[才用{days}天|和图片不一样]"),
    "取消": ("[请取消|我要取消|帮我取消]订单{order}", "{thing}[买错了|不想要了|拍多了]，[请不要发货|能取消吗]", "[怎么取消|我要取消|请停止][会员|自动续费|包月]", "[重复下单了|下了两单]，[请取消一单|帮我去掉一个]", "还没发货，[能不能取消|取消订单]"),
    "地址": ("[我搬家了|我搬到{city}了]，[请改一下地址|怎么改地址]", "[地址写错了|收货地址不对|门牌号写错了]，订单{order}", "[能不能|可以]把{thing}[寄到公司|寄到{city}|换个地址寄]吗", "[电话号码|联系电话][换了|写错了]，[请更新|怎么修改]", "[收件人|姓名]写错了，[请改一下|能改吗]"),
    "咨询": ("{thing}[多少钱|有几种颜色|有多重|保修多久]", "[请问|想问一下]{thing}[有现货吗|什么时候补货|适合老人用吗]", "{thing}[怎么用|怎么安装|怎么清洗|怎么充电]", "[大号和小号|新款和旧款]{thing}有什么[区别|不同]", "{thing}[能用在|可以配]我的旧{thing}吗"),
}  # fmt: skip
_LISTS = {
    "thing": "台灯 水壶 书包 外套 自行车 桌子 风扇 音箱 帐篷 相机 沙发 耳机 手表 鞋子".split(),
    "city": "上海 北京 广州 成都 杭州 南京 西安 武汉".split(),
    "day": "星期一 星期二 星期三 昨天 今天 前天".split(),
}
_OPENINGS = "||||你好，|您好，|客服你好，|在吗？|麻烦问一下，|请问，|急！".split("|")
_ENDS = "||。|！|？|。谢谢|，谢谢。|！！！|，请尽快处理。|，太慢了！|，很着急。|，麻烦了".split("|")
_ASIDES = {
    "发票": "发票已经收到了", "地址": "地址是对的", "物流": "快递很快", "退款": "不用退款", "取消": "不是要取消", "登录": "密码没问题", "质量": "东西没坏",
}  # fmt: skip
"""Remarks about another topic than the one that is asked."""
_SWAPS = (
    ("的", "得"),
    ("在", "再"),
    ("账号", "帐号"),
    ("登录", "登陆"),
    ("怎么", "怎麽"),
    ("没有", "沒有"),
)


def build(seed: int = 0, *, rows: int = 600) -> list[tuple[str, str]]:
    """Write (message, topic) rows, all messages different."""
    rng = random.Random(f"mandarin/{seed}")
    found: dict[str, tuple[str, str]] = {}
    while len(found) < rows:
        topic = rng.choices(list(TOPICS), [18, 15, 13, 12, 12, 11, 10, 9])[0]
        text = _message(rng, topic)
        found.setdefault(text, (text, topic))
    return list(found.values())


def _message(rng: random.Random, topic: str) -> str:
    slots = {
        "order": rng.randint(10_000, 99_999),
        "days": rng.randint(2, 20),
        "amount": rng.randint(8, 240),
    }
    body = expand(rng, rng.choice(TOPICS[topic]), _LISTS, **slots)
    if rng.random() < 0.25:
        aside = rng.choice([said for name, said in _ASIDES.items() if name != topic])
        body = rng.choice([f"{aside}，{body}", f"{body}，{aside}"])
    text = rng.choice(_OPENINGS) + body + rng.choice(_ENDS)
    if rng.random() < 0.15:
        text = text.replace(*rng.choice(_SWAPS))
    return text
