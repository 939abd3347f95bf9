"""Says whether a review is friendly. The last step of the sequence."""

import logging

log = logging.getLogger(__name__)

FRIENDLY = {"good", "great", "lovely", "wonderful"}
UNFRIENDLY = {"bad", "dull", "poor", "terrible"}


def new():
    return Function()


class Function:
    async def handle(self, scope, receive, send):
        review = scope["event"].get_data()
        mood = mood_of(review["text"])
        log.info("A %s review of %s: %s", mood, review.get("book", "a book"), review["text"])
        return {
            "type": "com.example.review.rated",
            "source": "/functions/rate",
            "data": {**review, "mood": mood},
        }


def mood_of(text):
    words = {word.strip(".,;:!?").lower() for word in text.split()}
    score = len(words & FRIENDLY) - len(words & UNFRIENDLY)
    return "friendly" if score > 0 else "unfriendly" if score < 0 else "neutral"
