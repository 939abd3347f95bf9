"""What is in the image: installed packages, bytecode, SBOMs, the application folder."""
