"""Who may include whom."""
import re

# What each library of common/ may include beside itself. The order is design's: only downward.
BELOW = {
    "base": [],
    "trust": ["base"],
    "database": ["base", "trust"],
    "web": ["base", "trust", "database"],
    "message": ["base", "trust"],
    "workflow": ["base"],
    "evidence": ["base", "trust", "message", "workflow"],
    "bpmn": ["base", "workflow"],
    "session": ["base", "trust", "message"],
    "adapter": ["base", "trust", "database", "web", "message", "session"],
}

# Third-party headers within common/, and the libraries that may know them.
FOREIGN = [
    (r"libpq.*\.h|postgres.*", ["database"]),
    (r"zmq.*\.h", ["session"]),
    (r"libxml/.*", ["bpmn"]),
    (r"microhttpd\.h|curl/.*|jansson\.h", ["web"]),
    (r"yaml\.h|utf8proc\.h", ["base"]),
    (r"openssl/.*", ["base", "trust"]),
]

# workflow/ is pure: the same inputs give the same outputs, so it can reach no clock, randomness, file or network.
IMPURE_HEADERS = (r"(libpq.*|zmq.*|openssl/.*|time|sys/.*|unistd|fcntl|pthread|signal|dirent|netdb|poll|threads|curl/.*|"
                  r"base/(system|log|config|points))(\.h)?")
IMPURE_CALLS = ["fopen", "open", "openat", "read", "write", "fread", "fwrite", "fprintf", "printf", "puts", "perror", "socket",
                "time", "clock", "clock_gettime", "gettimeofday", "localtime", "localtime_r", "rand", "random", "getrandom",
                "getenv", "sleep", "usleep", "nanosleep", "fork", "exit", "_exit", "digest_of_file"]


def layers(tree):
    """libraries of common/ include only what lies below them"""
    for name in tree.matching(r"common/\w+/.*\.[ch]"):
        library = name.split("/")[1]
        for line, target, quoted in tree.includes(name):
            folder = target.split("/")[0]
            if ".." in target.split("/"):
                yield f"{name}:{line}: \"{target}\" goes up a folder; write it from common/"
            elif folder in BELOW and "/" in target and folder != library and folder not in BELOW.get(library, []):
                yield f"{name}:{line}: {library}/ may not include \"{target}\""
            elif library == "base" and target.startswith("lienthong/"):
                yield f"{name}:{line}: base/ may not know the contract (\"{target}\")"
            for pattern, allowed in FOREIGN:
                if not quoted and re.fullmatch(pattern, target) and library not in allowed:
                    yield f"{name}:{line}: <{target}> belongs to {' and '.join(allowed)}/ alone"


def services(tree):
    """services never include each other, and nothing in common/ includes a service"""
    folders = {n.split("/")[1] for n in tree.matching(r"services/[\w-]+/.*\.[ch]")}
    headers = {n: n.split("/")[1] for n in tree.matching(r"services/[\w-]+/.*\.h")}
    for name in tree.matching(r"(services|common)/.*\.[ch]"):
        parts = name.split("/")
        own = parts[1] if parts[0] == "services" else None
        for line, target, quoted in tree.includes(name):
            words = target.split("/")
            if ".." in words or words[0] == "services":
                yield f"{name}:{line}: \"{target}\" reaches out of its folder"
            elif quoted and len(words) == 2 and words[0] in folders - {own} and f"services/{target}" in headers:
                yield f"{name}:{line}: \"{target}\" belongs to the service {words[0]}"
            if own == "router" and words[0] == "bpmn":
                yield f"{name}:{line}: the router never sees BPMN, only compiled processes"


def purity(tree):
    """workflow/ includes and calls nothing that makes it unrepeatable"""
    from tree import calls
    for name in tree.matching(r"common/workflow/.*\.[ch]"):
        for line, target, _ in tree.includes(name):
            if re.fullmatch(IMPURE_HEADERS, target):
                yield f"{name}:{line}: workflow/ is pure and may not include {target}"
        for line, word in calls(tree.code(name), IMPURE_CALLS):
            yield f"{name}:{line}: workflow/ is pure and may not call {word}"
