"""Media types of events and their data."""

import codecs
from functools import lru_cache
from typing import NamedTuple

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BYTES = "application/octet-stream"


class MediaType(NamedTuple):
    """A media type and its charset, both empty if not declared."""

    name: str
    charset: str
    is_json: bool
    is_text: bool

    def decode(self, content: bytes) -> str:
        """Turn content into text.

        :raises ValueError: the charset is unknown, or the content is not valid in it.
        """
        if self.charset:
            return content.decode(_codec(self.charset))
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            if self.is_json:
                raise
            # The default for text/* in RFC 2616, 3.7.1. It accepts any bytes.
            return content.decode("latin-1")

    def encode(self, text: str) -> bytes:
        """Turn text into content.

        :raises ValueError: the charset is unknown, or the text cannot be encoded in it.
        """
        return text.encode(_codec(self.charset) if self.charset else "utf-8")


@lru_cache(maxsize=256)
def parse(text: str) -> MediaType:
    """Parse a media type. Names are case-insensitive (RFC 9110, 8.3.1)."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    pairs = (parameter.partition("=") for parameter in parameters)
    charsets = [value.strip().strip('"') for key, _, value in pairs if key.strip() == "charset"]
    is_json = name in (JSON, "text/json") or name.endswith("+json")
    is_text = name.startswith("text/")
    return MediaType(name, charsets[0] if charsets else "", is_json, is_text)


# For host names, not for text. The time of punycode grows with the square of the length.
_NOT_FOR_TEXT = frozenset(("idna", "punycode"))


@lru_cache(maxsize=256)
def _codec(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
        " ".encode(name)  # Python has codecs that are not for text: hex, zip
    except (LookupError, ValueError) as error:
        raise ValueError("the charset is unknown") from error
    if name in _NOT_FOR_TEXT:
        raise ValueError("the charset is not for text")
    return name
