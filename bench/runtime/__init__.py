"""Measures func_runtime next to what a user would pick instead: `python -m bench.runtime`.

`peers` says what is compared, `environments` installs it, `serve` and `load` run it, `measure`
takes the `figures`, `result` keeps them; `targets`, `report` and `chart` say what they mean.
"""
