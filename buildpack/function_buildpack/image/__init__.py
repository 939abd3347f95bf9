"""The contents of the image: installed packages, bytecode, SBOMs, the application folder."""
