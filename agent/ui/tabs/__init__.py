"""The panel, a file for each tab. Pure ones (a view in, HTML out) import no Gradio; `*_controls.py` hold the components."""
