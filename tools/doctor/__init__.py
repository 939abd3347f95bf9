"""`make doctor`: reports what is missing or wrong on this machine. It changes nothing.

It must start on a Python that is too old for everything else, to report that. So it has no syntax
newer than Python 3.8.
"""
