"""The figures: their names in a result, and their titles and notes in a report."""

from bench.build.results.figures import Figure

# The names of the images.
OURS = "run"
DEBIAN = "Debian"
# The variant of stack/ that has each of our run images.
VARIANTS = {
    OURS: "tiny",
    "run:base": "base",
    "run:bookworm": "bookworm",
    "run:bookworm-base": "bookworm-base",
}

UNCOMPRESSED = Figure(
    "uncompressed_mb",
    "Uncompressed",
    "MB",
    1,
    "the bytes of all files in its layers, as in `docker image inspect`; a MB is 1 000 000 bytes",
)
COMPRESSED = Figure(
    "compressed_mb",
    "Compressed",
    "MB",
    1,
    "the layers' archives, compressed by gzip at level 6, as `docker push` sends them",
)
FILES = Figure("files", "Files", "", 0, "without folders and links")
PACKAGES = Figure("packages", "Packages", "", 0, "Debian's packages, as scanners find them")
SPECIAL = Figure("special", "Setuid, setgid", "", 0, "programs that run as another user or group")
WHOLE = Figure(
    "whole_mb",
    "With the http example, uncompressed",
    "MB",
    1,
    "the image that pack builds of examples/http on it. On Debian, the image of a Dockerfile that "
    "installs the function and func-python with pip, as func's host builder does",
)
WHOLE_COMPRESSED = Figure(
    "whole_compressed_mb", "With the http example, compressed", "MB", 1, "the same image"
)
START = Figure(
    "start_s",
    "Container start to first answer",
    "s",
    3,
    "a container of that image, from the start of its process, by Docker's record, to the first "
    "200; the median of 5 containers a round",
)
ADDED = Figure(
    "added_kb",
    "What a second function adds",
    "kB",
    1,
    "examples/cloudevents on a node that has examples/http: the archives of the layers that "
    "examples/http does not have, except the layer of its dependencies; a kB is 1 000 bytes",
)
ADDED_COMPRESSED = Figure(
    "added_compressed_kb", "The same, compressed", "kB", 1, "by gzip at level 6"
)

FIGURES = (
    UNCOMPRESSED,
    COMPRESSED,
    FILES,
    PACKAGES,
    SPECIAL,
    WHOLE,
    WHOLE_COMPRESSED,
    START,
    ADDED,
    ADDED_COMPRESSED,
)

BY_NAME = {figure.name: figure for figure in FIGURES}
