"""Measures func_runtime next to other servers: `python -m bench.runtime`.

`peers` has the servers, `environments` installs them, `serve` and `load` run them. `measure`
measures the `figures`, and `result` stores them. `targets`, `report` and `chart` present them.
"""
