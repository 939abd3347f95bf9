"""Hides forbidden words in a review. The first step of the sequence."""

import logging
import re

log = logging.getLogger(__name__)

WORDS = "stupid rubbish"


def new():
    return Function()


class Function:
    def __init__(self):
        self.hidden = pattern(WORDS)

    def start(self, cfg):
        self.hidden = pattern(cfg.get("HIDDEN_WORDS", WORDS))

    async def handle(self, scope, receive, send):
        review = scope["event"].get_data()
        if not isinstance(review, dict) or not isinstance(review.get("text"), str):
            # 400: the broker does not send the event again.
            log.warning("Event %s is not a review", scope["event"].get_id())
            await send.http({"type": "http.response.start", "status": 400, "headers": []})
            await send.http({"type": "http.response.body", "body": b"a review needs a text"})
            return None
        text = self.hidden.sub(lambda word: "*" * len(word[0]), review["text"])
        return {
            "type": "com.example.review.moderated",
            "source": "/functions/moderate",
            "data": {**review, "text": text},
        }


def pattern(words):
    return re.compile(rf"\b({'|'.join(map(re.escape, words.split()))})\b", re.IGNORECASE)
