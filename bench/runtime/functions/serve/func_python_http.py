"""Serves the function as func's scaffolding does."""

from func_python.http import serve
from function import new

if __name__ == "__main__":
    serve(new)
