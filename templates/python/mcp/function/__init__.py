from .func import app as handle
