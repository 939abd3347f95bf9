"""How uv is called, which package indexes it uses, and what its failures mean."""
