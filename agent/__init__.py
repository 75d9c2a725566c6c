"""Talk. `import agent` loads neither torch, transformers nor gradio."""
