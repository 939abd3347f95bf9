"""Media types, as far as they decide what an event or its data is."""

import codecs
from functools import lru_cache
from typing import NamedTuple

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BYTES = "application/octet-stream"


class MediaType(NamedTuple):
    """A media type and its charset, both empty if nothing was stated; is it JSON, or other text."""

    name: str
    charset: str
    is_json: bool
    is_text: bool

    def decode(self, content: bytes) -> str:
        """Turn content into text.

        :raises ValueError: the charset is unknown, or the content is not in it.
        """
        if self.charset:
            return content.decode(_known(self.charset))
        try:
            return content.decode("utf-8")
        except UnicodeDecodeError:
            if self.is_json:
                raise
            # What text/* was before it had a charset (RFC 2616, 3.7.1): no byte is lost.
            return content.decode("latin-1")

    def encode(self, text: str) -> bytes:
        """Turn text into content.

        :raises ValueError: the charset is unknown, or cannot express the text.
        """
        return text.encode(_known(self.charset) if self.charset else "utf-8")


@lru_cache(maxsize=256)
def parse(text: str) -> MediaType:
    """Read a media type; names are compared without case (RFC 9110, 8.3.1)."""
    name, *parameters = (part.strip().lower() for part in text.split(";"))
    stated = (parameter.partition("=") for parameter in parameters)
    charsets = [value.strip().strip('"') for key, _, value in stated if key.strip() == "charset"]
    is_json = name in (JSON, "text/json") or name.endswith("+json")
    is_text = name.startswith("text/")
    return MediaType(name, charsets[0] if charsets else "", is_json, is_text)


# For names in URLs, not for text; punycode's time grows with the square of the length.
_UNSUITED = frozenset(("idna", "punycode"))


@lru_cache(maxsize=256)
def _known(charset: str) -> str:
    try:
        name = codecs.lookup(charset).name
        " ".encode(name)  # Python has codecs for other things than text: hex, zip
    except (LookupError, ValueError) as error:
        raise ValueError("the charset is unknown") from error
    if name in _UNSUITED:
        raise ValueError("the charset is not for texts")
    return name
