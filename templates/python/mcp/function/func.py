"""An MCP server (https://modelcontextprotocol.io) by streamable HTTP, at /mcp.

Stateless, with plain JSON answers: any process can answer any request, so that the function scales
to many and to none.
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


# host decides which Host headers are let in. With the default only requests to localhost are.
app = server.streamable_http_app(stateless_http=True, json_response=True, host="0.0.0.0")
