"""How the page looks: one small theme on Gradio's base, light and dark, fonts of the machine, nothing from the network."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

SANS = [
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "Noto Sans",
    "Noto Sans CJK SC",
    "PingFang SC",
    "Microsoft YaHei",
    "sans-serif",
]
MONO = ["ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "Noto Sans Mono", "monospace"]
SHEETS = (Path(__file__).with_name("page.css"), Path(__file__).with_name("panel.css"))


def theme() -> gr.themes.Base:
    """Gradio's base with our colours; page.css has the rest."""
    made = gr.themes.Base(
        primary_hue="teal", secondary_hue="teal", neutral_hue="stone", radius_size="md", text_size="md",
        font=SANS, font_mono=MONO,
    )  # fmt: skip
    pairs = {
        "body_background_fill": "var(--ts-paper)", "background_fill_primary": "var(--ts-card)", "background_fill_secondary": "var(--ts-paper)",
        "block_background_fill": "var(--ts-card)", "block_border_color": "var(--ts-line)", "border_color_primary": "var(--ts-line)",
        "body_text_color": "var(--ts-ink)", "body_text_color_subdued": "var(--ts-soft)", "input_background_fill": "var(--ts-card)",
        "button_primary_background_fill": "var(--ts-main)", "button_primary_background_fill_hover": "var(--ts-deep)",
        "button_primary_text_color": "var(--ts-on)", "button_secondary_background_fill": "var(--ts-card)",
        "button_secondary_background_fill_hover": "var(--ts-pale)", "button_secondary_text_color": "var(--ts-ink)",
        "button_secondary_border_color": "var(--ts-line)", "block_label_background_fill": "var(--ts-card)",
        "border_color_accent": "var(--ts-main)", "color_accent_soft": "var(--ts-pale)",
    }  # fmt: skip
    both = pairs | {f"{name}_dark": value for name, value in pairs.items()}
    return made.set(
        **both,
        color_accent="var(--ts-main)",
        block_shadow="none",
        button_primary_shadow="none",
        button_secondary_shadow="none",
    )


def css() -> str:
    """The style sheets as one."""
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in SHEETS)


ON_LOAD = """
() => {
  let session = location.hash.slice(1), language = navigator.language || "en";
  try { session = session || localStorage.getItem("tunesmith") || ""; language = localStorage.getItem("tunesmith-language") || language; } catch (e) {}
  return [session, language.toLowerCase().startsWith("zh") ? "zh" : "en"];
}
"""
"""The session is named in the address or was the last one here; the server decides whether it is this person's."""

LANGUAGE = """
() => {
  let language = navigator.language || "en";
  try { language = localStorage.getItem("tunesmith-language") || language; } catch (e) {}
  return [language.toLowerCase().startsWith("zh") ? "zh" : "en"];
}
"""
"""The language as `ON_LOAD` finds it, for what is drawn before that has been answered."""

KEEP_SESSION = """
(session) => {
  if (session) { history.replaceState(null, "", "#" + session); try { localStorage.setItem("tunesmith", session); } catch (e) {} }
  return session;
}
"""
FORGET_SESSION = """
() => { history.replaceState(null, "", location.pathname); try { localStorage.removeItem("tunesmith"); } catch (e) {} return ""; }
"""
KEEP_LANGUAGE = """
(language) => { document.documentElement.lang = language; try { localStorage.setItem("tunesmith-language", language); } catch (e) {} return language; }
"""
FILE_NAMES = """
(box) => {
  const plain = (text) => String(text).replace(/[&<>"']/g, (letter) => "&#" + letter.charCodeAt(0) + ";");
  const size = (bytes) => bytes ? " · " + (bytes >= 1e5 ? (bytes / 1e6).toFixed(1) + " MB" : Math.max(0.1, bytes / 1e3).toFixed(1) + " kB") : "";
  return ((box && box.files) || []).map((one) => "<span>" + plain(one.orig_name || "") + size(one.size) + "</span>").join("");
}
"""
"""Names and sizes of the files in the message box, told by the browser itself: nothing is sent for it."""

ECHO = """
(box) => {
  const plain = (text) => String(text).replace(/[&<>"']/g, (letter) => "&#" + letter.charCodeAt(0) + ";");
  const text = String((box && box.text) || "").trim(), names = ((box && box.files) || []).map((one) => one.orig_name || "");
  if (!text && !names.length) return "";
  return "<p>" + plain([text, ...names].filter(Boolean).join("\\n")) + "</p>";
}
"""
"""What is sent stands there at once, before the server has heard it: the browser shows it, and the chat takes its place."""
