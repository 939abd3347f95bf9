"""Media types, as far as they decide what an event or its data is."""

import codecs
from dataclasses import dataclass
from functools import lru_cache

JSON = "application/json"
STRUCTURED = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"
BYTES = "application/octet-stream"


@dataclass(frozen=True)
class MediaType:
    """A media type and its charset; both empty if nothing was stated."""

    name: str
    charset: str = ""

    @property
    def is_json(self) -> bool:
        """JSON by its name or its suffix."""
        return self.name in (JSON, "text/json") or self.name.endswith("+json")

    @property
    def is_text(self) -> bool:
        """Text for people."""
        return self.name.startswith("text/")

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
    name, *parameters = text.split(";")
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "charset":
            return MediaType(name.strip().lower(), value.strip().strip('"').lower())
    return MediaType(name.strip().lower())


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
