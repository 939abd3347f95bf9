"""Serves the events function as func's scaffolding does."""

from func_python.cloudevent import serve
from function import new

if __name__ == "__main__":
    serve(new)
