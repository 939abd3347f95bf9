"""What is missing or wrong on this machine, and what to do: `make doctor`. It changes nothing.

It has to start on a Python that is too old for the rest, to say so: no syntax newer than 3.8.
"""
