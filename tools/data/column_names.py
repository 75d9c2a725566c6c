"""How people call their columns, in English and Chinese. Earlier names beat later ones."""

from __future__ import annotations

import re
import unicodedata

NAMES: dict[str, tuple[str, ...]] = {
    "messages": ("messages", "conversations", "conversation", "chat", "dialogue", "dialog", "turns", "对话", "消息"),
    "chosen": ("chosen", "preferred_output", "preferred", "accepted", "winner", "better", "chosen_response", "response_chosen", "good_answer", "优选", "采纳", "较好回答", "更好"),
    "rejected": ("rejected", "non_preferred_output", "dispreferred", "loser", "worse", "rejected_response", "response_rejected", "bad_answer", "拒绝", "较差回答", "更差"),
    "prompt": (
        "prompt", "instruction", "instructions", "question", "utterance", "user_message", "customer_message", "query", "request",
        "user", "user_input", "message", "input", "inputs", "ask", "inquiry", "problem", "complaint", "ticket", "ticket_text", "email", "email_body", "body",
        "text", "sentence", "content", "review", "review_text", "comment", "tweet", "post", "description", "transcript",
        "article", "document", "source_text", "src", "source", "original", "before", "feedback", "note", "notes", "code", "summary_source", "headline", "title", "subject",
        "q", "frage", "anfrage", "nachricht", "pregunta", "mensaje", "texto", "texte", "testo", "domanda",
        "问题", "提问", "指令", "用户输入", "用户消息", "客户消息", "用户问题", "客户问题", "输入", "用户", "咨询内容", "咨询", "工单内容", "工单", "邮件内容", "邮件",
        "文本", "内容", "句子", "评论", "评价", "反馈", "描述", "正文", "原文", "文章", "原句", "标题",
    ),
    "answer": (
        "answer", "answers", "response", "completion", "output", "outputs", "reply", "assistant", "expected_output", "expected", "ideal", "gold", "reference",
        "target", "target_text", "solution", "summary", "highlights", "abstract", "translation", "tgt", "corrected", "rewritten", "rewrite", "after", "final", "agent_reply",
        "agent_response", "sql", "json", "result", "extracted", "extraction", "entities", "explanation", "a",
        "antwort", "respuesta", "reponse", "risposta", "resposta", "ubersetzung", "zusammenfassung",
        "答案", "回答", "回复", "答复", "输出", "参考答案", "标准答案", "客服回复", "译文", "翻译", "摘要", "总结", "改写", "改写后", "结果", "解答", "抽取结果",
    ),
    "label": (
        "label_text", "label_name", "category_name", "class_name", "intent_name", "topic_name", "label", "labels", "intent", "category", "class", "classification", "topic", "sentiment", "target", "department", "team", "queue", "route",
        "priority", "severity", "urgency", "emotion", "polarity", "stance", "genre", "type", "ticket_type", "issue_type", "kind", "tag", "tags", "status", "y", "is_spam", "spam", "toxic", "flag", "decision",
        "stars", "rating", "score", "entailment", "language",
        "kategorie", "categoria", "categorie", "abteilung", "thema", "klasse",
        "标签", "类别", "分类", "意图", "类型", "情感", "情绪", "主题", "话题", "部门", "优先级", "级别", "是否", "评分", "星级",
    ),
    "system": ("system", "system_prompt", "system_message", "系统", "系统提示", "系统提示词"),
    "context": (
        "context", "passage", "background", "evidence", "knowledge", "paragraph", "document", "article", "reference_text", "source_text", "history", "schema", "tables",
        "tools", "functions", "上下文", "背景", "材料", "段落", "参考资料", "知识", "文章", "历史",
    ),
    "heading": ("subject", "title", "headline", "email_subject", "标题", "主题行"),
    "rating": ("rating", "thumbs", "thumbs_up", "vote", "score", "is_good", "good", "label", "desirable", "feedback", "quality", "评分", "评价", "点赞"),
    "text": ("text", "content", "document", "article", "body", "passage", "page_content", "raw_content", "文本", "正文", "内容", "文章", "全文"),
    "id": ("id", "uuid", "guid", "index", "idx", "no", "nr", "number", "row", "key", "ref", "ticket_id", "unnamed_0", "pid", "sn", "编号", "序号", "工单号", "单号"),
    "date": ("date", "time", "datetime", "timestamp", "created", "created_at", "updated_at", "day", "month", "year", "日期", "时间", "创建时间"),
    "group": (
        "group", "customer", "customer_id", "user_id", "userid", "client", "client_id", "account", "account_id", "conversation_id", "session_id", "thread_id",
        "dialog_id", "doc_id", "document_id", "article_id", "patient_id", "author", "author_id", "entity", "focus", "template_id", "source_id", "parent_id", "page_id", "file", "filename",
        "document", "url", "客户", "用户id", "客户编号", "会话", "会话id", "作者", "文档", "来源文件",
    ),
}  # fmt: skip

LANGUAGE_NAMES: dict[str, str] = {
    "en": "en", "english": "en", "eng": "en", "英文": "en", "英语": "en", "zh": "zh", "cn": "zh", "chinese": "zh", "zh_cn": "zh", "中文": "zh", "汉语": "zh",
    "de": "de", "german": "de", "deutsch": "de", "德语": "de", "fr": "fr", "french": "fr", "法语": "fr", "es": "es", "spanish": "es", "西班牙语": "es",
    "it": "it", "italian": "it", "pt": "pt", "portuguese": "pt", "nl": "nl", "dutch": "nl", "ru": "ru", "russian": "ru", "俄语": "ru",
    "ja": "ja", "japanese": "ja", "日语": "ja", "日文": "ja", "ko": "ko", "korean": "ko", "韩语": "ko", "ar": "ar", "arabic": "ar", "tr": "tr", "pl": "pl", "polish": "pl",
    "vi": "vi", "hi": "hi", "hindi": "hi", "uk": "uk", "cs": "cs", "sv": "sv",
}  # fmt: skip


def plain(name: str) -> str:
    """Write a column's name in one way: `User Message`, `userMessage` and `user-message` are the same.

    >>> plain("userMessage "), plain("Ticket-ID"), plain("客户 消息")
    ('user_message', 'ticket_id', '客户消息')
    """
    bare = "".join(
        char
        for char in unicodedata.normalize("NFKD", name.strip())
        if not unicodedata.combining(char)
    )
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", bare)
    bare = re.sub(r"[^0-9a-z\u3400-\u9fff]+", "_", spaced.lower()).strip("_")
    return re.sub(r"(?<=[\u3400-\u9fff])_|_(?=[\u3400-\u9fff])", "", bare)


def fitness(name: str, role: str) -> float:
    """Score how well a name goes with a role: up to 2 for the whole name, up to 1 for a part, 0 for none."""
    bare = plain(name)
    bare = re.sub(r"_\d+$", "", bare) if role != "id" else bare
    known = NAMES[role]
    if bare in known:
        return 2 - known.index(bare) / (2 * len(known))
    parts = set(bare.split("_"))
    best = 0.0
    for position, candidate in enumerate(known):
        hanzi = not candidate.isascii()
        if (hanzi and candidate in bare) or (
            not hanzi and len(candidate) > 1 and candidate in parts
        ):
            best = max(best, 1 - position / (2 * len(known)))
    return best
