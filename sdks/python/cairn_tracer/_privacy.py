"""What may not leave the process: keys that name content, and values that look like a credential or a person's number.

The same rules as those of the server, so that it has no reason to refuse a run.
"""

from __future__ import annotations

import re
from typing import FrozenSet, List, Optional

#: Keys that the metadata of a step may not have.
STEP_KEYS: FrozenSet[str] = frozenset("prompt response output input content text message".split())

#: Keys that the metadata of a decision or a quality signal may not have.
RECORD_KEYS: FrozenSet[str] = STEP_KEYS | frozenset(
    "reasoning thought chain_of_thought explanation rationale".split()
)

#: What takes the place of a failure message that may not leave.
SANITIZED_MESSAGE = "Failure occurred (details sanitized for privacy)"

#: Words that say: here is what was said.
_CONTENT_WORDS = STEP_KEYS | frozenset(
    "reasoning thought explanation rationale completion transcript utterance instruction scratchpad".split()
)

#: Words that tell the same where they stand inside another: userprompt.
_EMBEDDED = re.compile("prompt|transcript|rationale|explanation|scratchpad|chainofthought")

#: A key that ends in one of these measures or names content and does not hold it: prompt_tokens, message_id.
_MEASURES = frozenset(
    "token count length len size byte char character word line item m ms us ns sec second minute time timestamp at "
    "latency duration date day id uuid type format mime code status model name version hash sha sha1 sha256 md5 "
    "digest checksum fingerprint language lang locale encoding rate ratio percent score cost usd price max min avg "
    "mean limit total index number num effort level enabled supported present valid ok success finish reason source "
    "role tier kind modality stream streaming streamed cached cache truncated redacted empty schema required".split()
)

#: The ends of keys that hold a credential.
_CREDENTIAL_END = re.compile(
    "(?:^| )(?:password|passwd|passphrase|pwd|secret|token|apikey|authorization|cookie|credential|connection string|"
    "(?:api|access|secret|private|signing|encryption|account) key)$"
)

#: What makes a `token` a piece of text or a place in a list.
_HARMLESS_TOKEN = re.compile(
    "(?:^| )(?:stop|eos|bos|pad|unk|mask|sep|cls|start|end|special|next|page|continuation|per|first|last) token$"
)

#: Keys of providers, by how they begin.
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:sk-[\w-]{16,}|[srp]k_(?:live|test)_\w{8,}|whsec_[\w+/=-]{16,}|gh[opsur]_\w{16,}|"
    r"github_pat_\w{16,}|glpat-[\w-]{16,}|(?:AKIA|ASIA)[A-Z0-9]{12,}|xox[abeoprs]-[\w-]{8,}|xapp-[\w-]{8,}|"
    r"AIza[\w-]{24,}|ya29\.[\w-]{16,}|npm_\w{24,}|pypi-[\w-]{24,}|hf_\w{16,}|gsk_\w{16,}|xai-[\w-]{20,}|"
    r"pplx-\w{20,}|tvly-[\w-]{16,}|r8_\w{20,}|SG\.[\w-]{16,}|do[opr]_v1_\w{16,}|shp(?:at|ca|pa|ss)_\w{16,}|"
    r"dckr_pat_[\w-]{16,}|hv[bs]\.[\w-]{16,}|lin_api_\w{16,}|cairn_[0-9a-f]{32}_[\w-]*)",
    re.ASCII,
)
_SHAPED = (
    re.compile(r"(?<![\w-])eyJ[\w-]{8,}\.[\w-]{4,}", re.ASCII),
    re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY"),
)
_SCHEME = re.compile(r"(?<![A-Za-z0-9])(?:bearer|basic)\s{1,4}([\w.~+/=-]{8,})", re.ASCII | re.IGNORECASE)

#: A user and a password in an address.
_USERINFO = re.compile(r"://[^\s\"'<>`:@/?#]{0,200}:([^\s\"'<>`@]{1,200})@")

#: A name, what stands between it and its value, and the value, quoted or up to where it cannot go on.
_NAMED = re.compile(
    r"(password|passwd|passphrase|pwd|secret|api[ _-]?key|access[ _-]?key|secret[ _-]?key|account[ _-]?key|"
    r"private[ _-]?key|signing[ _-]?key|token|credentials?|authorization|cookie|signature|session[ _-]?id)"
    r"[\"'\])]{0,2}(\s{0,4}(?:=>|:=|==?|:)\s{0,4}|\s{1,3}(?:is|was)\s{1,3})"
    r"(?:(?:token|digest|apikey|negotiate) )?(?:\"([^\"]{0,200})|'([^']{0,200})|([^\s,;&\"'<>)}\]]{1,200}))",
    re.IGNORECASE,
)

#: What follows `token:` or `password is` in a sentence about it.
_PROSE = frozenset(
    "none null undefined nil nan true false missing required invalid expired empty not is was must should cannot can "
    "incorrect wrong unknown rejected refused denied revoked unset blank absent mismatch mismatched malformed "
    "unexpected too failed failure error ok valid optional hidden redacted masked omitted removed string number "
    "object array boolean integer text bytes type field eof eos end base64 base64-encoded utf-8 utf8 sha256 a an the "
    "no never disabled enabled changed reset unavailable unsupported rotated needed given provided deprecated".split()
)
_PLACEHOLDER = re.compile(
    r"(?:\$\{|\$[A-Z_]+$|%[sdv(]|\{\{?|<|\[redacted|[•…]|x{3,}$)|.*(?:\*{2}|\.{3})", re.IGNORECASE | re.DOTALL
)
_PLAIN = re.compile(r"[A-Za-z]+(?:[-_./][A-Za-z]+)*\Z")
_ENVIRONMENT_NAME = re.compile(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\Z")
_CAMEL = re.compile("[a-z][A-Z]")
_LETTER = re.compile("[A-Za-z]")
_DIGIT = re.compile("[0-9]")

_EMAIL = re.compile(r"((?:[^\W_]|[._%+'-]){1,64})(?:@|%40)(?:[^\W_](?:[^\W_]|-){0,62}\.){1,8}[^\W\d_]{2,24}")
_SOCIAL_SECURITY = re.compile(r"(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])", re.ASCII)
_NAMED_SOCIAL_SECURITY = re.compile(
    r"(?:ssn|social[ _-]?security(?:[ _-]?(?:number|no))?)\W{0,8}(?:is\s)?\d{3}[ -]?\d\d[ -]?\d{4}(?!\d)",
    re.ASCII | re.IGNORECASE,
)
_CARD = re.compile(
    r"(?<![A-Za-z0-9])(?<![0-9][.-])[2-6][0-9]{1,18}(?:[ -][0-9]{2,6}){0,6}(?![A-Za-z0-9]|\.[0-9])"
)
_ISSUED = re.compile("(?:4|5[1-5]|2[2-7]|3[0-9]|6[0-9]|50|58)")


def is_private_key(key: str, names: FrozenSet[str], holds_text: bool) -> bool:
    """True for a key of `names`, and, where its value can hold text, for one that names content or a credential in
    other words: user_prompt, promptText, api-key."""
    if key.strip().lower() in names:
        return True
    if not holds_text:
        return False
    words = _split_words(key)
    joined = " ".join(words)
    if _CREDENTIAL_END.search(joined) and not _HARMLESS_TOKEN.search(joined):
        return True
    if not words or words[-1] in _MEASURES:
        return False
    return any(word in _CONTENT_WORDS or _EMBEDDED.search(word) for word in words)


def looks_private(text: str) -> Optional[str]:
    """What a text looks like that may not leave: 'a credential', 'an e-mail address', ...; None when it may.

    A word alone gives nothing away: "token limit exceeded" and "password: required" may leave.
    """
    if _holds_credential(text):
        return "a credential"
    if ("@" in text or "%40" in text) and any(found[1] != "git" for found in _EMAIL.finditer(text)):
        return "an e-mail address"
    if _SOCIAL_SECURITY.search(text) or _NAMED_SOCIAL_SECURITY.search(text):
        return "a social-security number"
    if any(_is_card(found.group()) for found in _CARD.finditer(text)):
        return "a card number"
    return None


def _split_words(key: str) -> List[str]:
    """In lower case and singular, without numbers that only count. Of `tokens` there are many: that is a count."""
    spaced = re.sub("([A-Z])([A-Z][a-z])", r"\1 \2", re.sub("([a-z0-9])([A-Z])", r"\1 \2", key))
    words = [word for word in re.split(r"[\W_]+", spaced.lower()) if word and not word.isdecimal()]
    return [_singular(word) for word in words]


def _singular(word: str) -> str:
    if word == "tokens":
        return "count"
    is_plural = len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if is_plural else word


def _holds_credential(text: str) -> bool:
    # `sk-learn-pipeline-step` has the form of a key, but no key is words only.
    if any(re.search("[A-Z0-9]", found.group()[3:]) for found in _PREFIXED.finditer(text)):
        return True
    if any(pattern.search(text) for pattern in _SHAPED):
        return True
    if any(_looks_random(found[1]) for found in _SCHEME.finditer(text)):
        return True
    if "://" in text and any(_holds_password(found[1]) for found in _USERINFO.finditer(text)):
        return True
    return any(_is_named_credential(found) for found in _NAMED.finditer(text))


def _holds_password(password: str) -> bool:
    """`host:8443/path?x=a@b` is a port."""
    return not _PLACEHOLDER.match(password) and not re.match("[0-9]{1,5}[/?#]", password)


def _is_named_credential(found: "re.Match[str]") -> bool:
    """Whether what stands behind a name is a credential, and not a word of a sentence or a number of tokens."""
    name, between, double, single, bare = found.groups()
    quoted = double if double is not None else single
    value = quoted if quoted is not None else re.sub(r"[.!?:]{1,8}\Z", "", bare)
    if _PLACEHOLDER.match(value) or value.lower() in _PROSE or not re.search("[A-Za-z0-9]", value):
        return False
    is_password = name.lower().startswith(("pass", "pwd"))
    is_weak = name.lower().startswith(("token", "credential", "signature", "cookie", "session"))
    is_tight = not re.search(r"\s", between)
    is_mixed = bool(_DIGIT.search(value) and _LETTER.search(value))
    if _LETTER.search(between):
        return not is_weak and len(value) >= 6 and is_mixed
    if re.match(r"[0-9.,/%]+\Z", value):
        return len(value) >= (4 if is_tight else 6) if is_password else not is_weak and len(value) >= 10
    if _PLAIN.match(value) and len(value) <= 40 and not _CAMEL.search(value):
        is_named_elsewhere = bool(_ENVIRONMENT_NAME.match(value))
        if is_tight:
            return len(value) >= 3 and (is_password or not is_named_elsewhere)
        rest = found.string[found.end() :][:4]
        is_last = quoted is not None or bool(re.match(r"[,;)}\]\n]|\s*\Z", rest))
        return is_password and not is_named_elsewhere and is_last
    if not is_weak:
        return len(value) >= 3
    return len(value) >= 16 or (len(value) >= 6 and is_mixed)


def _looks_random(value: str) -> bool:
    if _DIGIT.search(value) and _LETTER.search(value):
        return True
    return len(value) >= 12 and bool(_CAMEL.search(value))


def _is_card(text: str) -> bool:
    digits = [int(each) for each in text if each in "0123456789"]
    if not 13 <= len(digits) <= 19 or not _ISSUED.match("".join(map(str, digits))):
        return False
    doubled = (each * 2 for each in digits[-2::-2])
    return (sum(digits[-1::-2]) + sum(each - 9 if each > 9 else each for each in doubled)) % 10 == 0
