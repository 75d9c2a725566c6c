"""The practice model's tokenizer: byte-level BPE learnt from the curriculum, with a ChatML template."""

import itertools
import random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training.practice.curriculum import train_texts

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"
MAX_TOKENS = 512

# A space belongs to the word before it: a word at the end of a question, inside quotes or before a comma is
# then the same token as in the answer, and copying it is learnt many steps earlier. Digits stand
# alone, and so do Chinese characters (else whole sentences of the curriculum became single tokens).
_PIECES = r"\p{N}|\p{Han}|[\p{L}&&[^\p{Han}]]+ ?|[^\s\p{L}\p{N}]+ ?|\s+"

CHAT_TEMPLATE = """\
{%- for message in messages %}
{{- '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['role'] == 'assistant' %}
{%- generation %}{{- message['content'] + '<|im_end|>' }}{%- endgeneration %}
{{- '\\n' }}
{%- else %}
{{- message['content'] + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""


def render(text: list[dict[str, str]] | str) -> str:
    """Write a conversation as the chat template does, or a plain passage with its end mark."""
    if isinstance(text, str):
        return f"{text}{PAD}"
    return "".join(f"{START}{turn['role']}\n{turn['content']}{END}\n" for turn in text)


def build_tokenizer(*, vocab_size: int, seed: int, sample: int = 60_000) -> PreTrainedTokenizerFast:
    """Learn the merges from `sample` texts of the curriculum; digits stay single."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(_PIECES), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = itertools.islice(train_texts(random.Random(f"tokenizer {seed}")), sample)
    contents = itertools.chain.from_iterable(
        [text]
        if isinstance(text, str)
        else [turn["role"] + "\n" + turn["content"] for turn in text]
        for text in texts
    )
    tokenizer.train_from_iterator(contents, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=PAD,
        model_max_length=MAX_TOKENS,
        padding_side="left",
        chat_template=CHAT_TEMPLATE,
    )
