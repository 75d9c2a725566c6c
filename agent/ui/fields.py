"""Fields that are changed where they are shown: the HTML of one field, the script that reports a change, its reading.

The script sends a name and a value; nothing of it is trusted: `agent.conversation.edits` knows the names and checks the values.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from agent.ui.parts import said
from agent.ui.safe import show
from tools.judging.report import Say
from training.text import Text

Option = tuple[str, str]
"""(value, what is shown): plain text, escaped here."""
REPORT = """
let sent = null;
const send = (name, value) => trigger('submit', {name, value});
element.addEventListener('change', (event) => {
  const field = event.target, group = field.closest('[data-group]');
  if (!field.dataset || field.dataset.edit === undefined) return;
  sent = field.id;
  if (!group) return send(field.dataset.edit, field.value);
  const value = {};
  group.querySelectorAll('[data-edit]').forEach((one) => { value[one.dataset.edit] = one.value; });
  send(group.dataset.group, value);
});
element.addEventListener('click', (event) => {
  const button = event.target.closest('[data-drop]');
  if (button) { event.preventDefault(); send(button.dataset.drop, null); }
});
element.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && event.target.matches('input[data-edit]')) event.target.dispatchEvent(new Event('change', {bubbles: true}));
});
const open = new Set(); let last = null;
element.addEventListener('toggle', (event) => {
  const name = event.target.dataset && event.target.dataset.fold;
  if (name) event.target.open ? open.add(name) : open.delete(name);
}, true);
element.addEventListener('focusin', (event) => { last = event.target.id; });
document.addEventListener('focusin', (event) => { if (!element.contains(event.target)) last = null; });
watch('value', () => {
  element.querySelectorAll('details[data-fold]').forEach((one) => { if (open.has(one.dataset.fold)) one.open = true; });
  element.querySelectorAll('[data-edit]').forEach((one) => {
    if (one === document.activeElement && one.id !== sent) return;
    if (one.options) { for (const option of one.options) option.selected = option.defaultSelected; } else one.value = one.defaultValue;
  });
  sent = null;
  const field = last && document.activeElement === document.body && document.getElementById(last);
  if (field) field.focus({preventScroll: true});
});
"""
"""A change is reported when the field is left or Enter is pressed, not at every letter. A redraw keeps what was open,
the place of the keyboard and what is being typed, and shows again what stands where a value was refused."""
LONGEST = 2000


def text_field(name: str, value: str, *, id: str, rows: int = 1) -> str:
    """A field for words."""
    common = f'id="{id}" data-edit="{show(name)}" maxlength="{LONGEST}"'
    if rows > 1:
        return (
            f'<textarea class="ts-field" {common} rows="{rows}">{show(value, LONGEST)}</textarea>'
        )
    return f'<input class="ts-field" {common} type="text" value="{show(value, LONGEST)}">'


def number_field(name: str, value: object, *, id: str, unit: str = "", label: str = "") -> str:
    """A field for a number, with its unit behind it; `unit` and `label` are HTML. A label is for fields in a group."""
    named = f' aria-label="{label}"' if label else ""
    tail = f'<span class="ts-unit">{unit}</span>' if unit else ""
    return (
        f'<span class="ts-numbered"><input class="ts-field is-number" id="{id}" data-edit="{show(name)}"{named} type="text" '
        f'inputmode="decimal" value="{show(value)}" autocomplete="off">{tail}</span>'
    )


def choice_field(name: str, value: str, options: Sequence[Option], *, id: str) -> str:
    """A field with few answers; a present value that is none of them is shown as well."""
    known = list(options)
    if value and value not in {one for one, _ in known}:
        known.insert(0, (value, value))
    if not value:
        known.insert(0, ("", "–"))
    items = "".join(
        f'<option value="{show(one)}"{" selected" if one == value else ""}>{show(words)}</option>'
        for one, words in known
    )
    return f'<select class="ts-field" id="{id}" data-edit="{show(name)}">{items}</select>'


def group(name: str, fields: str) -> str:
    """Several fields that are one value."""
    return f'<span class="ts-group" data-group="{show(name)}">{fields}</span>'


def take_back(name: str, say: Say, what: Text | str) -> str:
    """A small button that leaves the value to us again."""
    label = said(say, Text("Leave {what} to me again", what=what))
    return f'<button type="button" class="ts-back" data-drop="{show(name)}" aria-label="{label}" title="{label}">↺</button>'


def told(data: Any) -> tuple[str, Any] | None:
    """Read what the script reported; None where it is nothing of that form.

    >>> told({"name": "sft.epochs", "value": "3"})
    ('sft.epochs', '3')
    """
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        return None
    name, value = data["name"], data.get("value")
    if isinstance(value, dict):
        value = {str(key): str(one) for key, one in list(value.items())[:8]}
    elif value is not None:
        value = str(value)
    if len(name) > 80 or len(json.dumps(value)) > 4 * LONGEST:
        return None
    return name, value
