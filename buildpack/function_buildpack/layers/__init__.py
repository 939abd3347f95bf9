"""The layers of the image and of the cache: what each holds, and what decides that."""
