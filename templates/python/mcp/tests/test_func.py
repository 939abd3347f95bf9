from function.func import server
from mcp import Client


async def test_a_tool_is_called():
    async with Client(server) as client:
        result = await client.call_tool("add", {"a": 2, "b": 3})
    assert result.content[0].text == "5"


async def test_a_resource_is_read():
    async with Client(server) as client:
        result = await client.read_resource("greeting://Ada")
    assert result.contents[0].text == "Hello, Ada!"
