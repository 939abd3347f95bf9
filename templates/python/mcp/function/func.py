"""An MCP server (https://modelcontextprotocol.io) by streamable HTTP, at /mcp.

Stateless, with plain JSON responses: any process can answer any request, so the function can scale
to many processes and to zero.
"""

from mcp.server.mcpserver import MCPServer

server = MCPServer("function")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two numbers."""
    return a + b


@server.resource("greeting://{name}")
def greeting(name: str) -> str:
    """Greet somebody."""
    return f"Hello, {name}!"


# `host` decides which Host headers are accepted: by default, only those of localhost.
app = server.streamable_http_app(stateless_http=True, json_response=True, host="0.0.0.0")
