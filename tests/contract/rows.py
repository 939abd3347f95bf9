"""What is asked of a function's process, row by row, and what others got wrong.

A test names the rows that it proves: `@pytest.mark.row("R1")`. test_rows.py sees that none is
without a test.
"""

# Of Knative's runtime contract (https://github.com/knative/specs, specs/serving), and of what
# Serving's queue-proxy, kubelet and func do.
CONTRACT = {
    "R1": "HTTP/1.1 is spoken on the port",
    "R2": "the port is PORT's, whatever else is set",
    "R3": "the port is there on IPv4's loopback, with and without IPv6",
    "R4": "K_SERVICE and its like reach the function",
    "R5": "no port but that one is opened",
    "R6": "the start is quick: nothing is loaded that is not needed",
    "R7": "an idle process uses next to no CPU",
    "R8": "SIGTERM lets requests end, runs stop(), and ends with 0",
    "R9": "a failed start ends the process, with the traceback last in the log",
    "R10": "standard input is at its end",
    "R11": "what is logged or printed is seen at once",
    "R12": "nothing that is needed is in /var/log",
    "R13": "nothing is written outside of /tmp; the root may be read-only",
    "R14": "any user id will do",
    "R15": "the image's user is a number other than 0",
    "R16": "HTTP/2 is not spoken",
    "R17": "an offer of h2c is passed over",
    "R18": "the preface of HTTP/2 is refused, and HTTP/1.1 served after it",
    "R19": "headers reach the function as they were sent",
    "R20": "liveness and readiness are paths",
    "R21": "the port is closed until the function can serve",
    "R22": "readiness is answered in 100 ms, however slow the function is",
    "R23": "liveness is answered while start() runs",
    "R24": "requests with headers of Knative's probes are requests",
    "R25": "requests run at the same time, and a handle that blocks stops no other",
    "R26": "the shutdown has a bound",
    "R27": "SIGTERM ends an idle process at once, and one with requests after them",
    "R28": "requests are accepted for a while after SIGTERM, when nothing stands in front",
    "R29": "idle connections are kept for longer than 90 s",
    "R30": "no capability is needed",
    "R31": "threads follow the container's CPU limit",
    "R32": "arguments reach the process, which gets the signals itself",
    "R33": "the soft limit of open files is raised",
}

# Defects of the middleware that func's own templates use (func-python 0.8.1).
DEFECTS = {
    "H1": "an exception's text reaches the client, and not the log",
    "H2": "an error has no whole answer",
    "H3": "an error within an answer begins a second one",
    "H4": "a WebSocket is answered as if it were HTTP",
    "H5": "async hooks never run, and others stop the loop",
    "H6": "a start() that fails is served all the same",
    "H7": "a stop() that raises or hangs disturbs the end",
    "H8": "signals are lost",
    "H9": "requests are cut off three seconds after SIGTERM",
    "H10": "not ready is 500, with the exception's text",
    "H11": "health paths are known by exact match, with any method",
    "H12": "only some forms of new and handle work",
    "H13": "unknown lifespan messages are taken for requests",
    "H14": "the log has neither level, nor format, nor requests",
    "H15": "a handler that says nothing is 500",
    "H16": "there are no limits, and nobody learns that a client has gone",
    "H17": "an import that fails in the function blames another module",
    "C1": "the function's ValueError is the sender's fault",
    "C2": "an ASGI message cannot be sent for an event",
    "C3": "an exception's text is in an event",
    "C4": "a header that is not UTF-8 is 500",
    "C5": "a body in many parts takes the square of its time, without a limit",
    "C6": "an event whose client went away is handled in part",
    "C7": "JSON that is no object is 500, another content type 400",
    "C8": "a second reply breaks the protocol, and a content type may have CR and LF",
    "C9": "a structured reply is of exactly application/cloudevents+json",
    "C10": "GET and OPTIONS are 400",
    "S1": "PORT is ignored",
    "S2": "only one form of LISTEN_ADDRESS is understood",
    "S3": "an address that is not supported is passed over",
    "S4": "an address that is in use is passed over",
    "S5": "IPv4 and IPv6 exclude each other",
    "S6": "sockets that were opened before one that fails stay open",
}

# What a request to a function with events gets.
DECISIONS = {
    "D1": "no event: 415",
    "D2": "an event that breaks a rule: 400",
    "D3": "an unknown event format: 415",
    "D4": "a batch: event by event",
    "D5": "a body that is too long: 413",
    "D6": "the function raises: 500",
    "D7": "no reply: 202",
    "D8": "a reply: 200, structured or binary",
    "D9": "the function has not started: the request waits",
    "D10": "Dapr's questions: 404",
}

# Rows without a test, and why.
UNTESTED = {
    "R10": "every process of these tests has it so (runtime_process.py)",
    "R12": "a rule for the image's files; the base images put nothing there",
    "R16": "a limit, told in docs/contract.md; R17 and R18 are its tests",
    "H13": "no ASGI lifespan is spoken: start() and stop() are called (lifespan.py)",
}
