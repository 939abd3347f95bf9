"""The same answer, as functions-framework wants it written."""

import json


def handle(request):
    body = json.dumps({"message": "Hello, World!", "path": request.path})
    return body, 200, {"content-type": "application/json"}
