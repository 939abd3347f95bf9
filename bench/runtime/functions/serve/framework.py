"""The same response, in the form that functions-framework requires."""

import json


def handle(request):
    body = json.dumps({"message": "Hello, World!", "path": request.path})
    return body, 200, {"content-type": "application/json"}
