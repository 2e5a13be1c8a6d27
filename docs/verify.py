#!/usr/bin/env python3
"""Checks a Rhodian receipt by the standard library alone: python3 verify.py RECEIPT.json PUBLIC_KEY

PUBLIC_KEY is 64 hexadecimal digits, or a file that holds them. Ends with 0 where all checks passed, 1 where one
failed, 2 where there is no receipt. No code is shared with the program; verify-a-receipt.md has the form."""
import hashlib, json, sys
from fractions import Fraction as F
# Canonical bytes (Borsh): fields in order, integers little-endian, text and lists behind their length. A field is
# `name:kind`; `?` says it may be nothing, `*` it is a list. DIGITS bounds texts of digits; u16 to u64, i64 are numbers.
DIGITS = {"amount": 10**30, "sum": 2**127 - 1, "u128": 2**128 - 1, "price": 10**15, "signed": 10**38}
NAMES = {kind: ["-", *names.split()] for kind, names in {
    "Rule": "proportional equal-losses equal-awards talmud queue risk-weighted random-arrival "
            "reverse-talmud piniles adjusted-proportional minimal-overlap",
    "Basis": "reported session-gains supply holder-profit contribution pool-shares stake called rank",
    "Way": "given taken up", "Class": "default price-error custody", "Form": "rhodian-receipt-1"}.items()}
FIELDS = {kind: [field.split(":") for field in fields.split()] for kind, fields in {
    "Fraction": "num:u128 den:u128", "Claim": "layer:u32 weight:amount cap:amount score:i64 risk:u64 class:u32",
    "Account": "account:u32 owner:u32 identity:hash gain:amount loss:amount netted:amount affiliate:bool "
               "claims:Claim*",
    "Share": "account:u32 identity:hash place:u32 cap:amount paid:amount whole:amount rest:Fraction "
             "floor:amount share:amount",
    "Layer": "layer:u32 name:text rule:Rule classes:bool cap_of_weight:u32? on_touch:bool basis:Basis",
    "Waterfall": "class:Class waterfall:u32 steps:hash", "Value": "name:text value:sum",
    "Price": "market:u32 mark:price? lot_value:signed? reference:signed?", "Term": "name:text gain:sum loss:sum",
    "Accounts": "version:u16 origin:text domain:u32 asset:u32 episode:u32? set:u32? at:u64 reference:u32 "
                "reference_at:u64 layers:Layer* waterfalls:Waterfall* parameters:Value* prices:Price* "
                "terms:Term* count:u32 root:Node2", "Level": "class:u32 level:Fraction?",
    "Key": "rest:Fraction place:u32", "Rounding": "way:Way units:amount rounds:amount last:Key?",
    "Division": "version:u16 origin:text domain:u32 episode:u32 set:u32 accounts:hash loss:u32 number:sum "
                "layer:u32 wave:u32 at:u64 amount:amount before:amount levels:Level* rounding:Rounding "
                "count:u32 root:Node3", "Head": "origin:text size:u32 root:hash at:u64",
    "SignedHead": "head:Head by:Signed witnesses:Signed*", "Signed": "key:hash signature:signature",
    "Node2": "sums:2sums hash:hash", "Path2": "index:u32 path:Node2*", "LogPath": "index:u32 path:hash*",
    "Node3": "sums:3sums hash:hash", "Path3": "index:u32 path:Node3*",
    "Receipt": "form:Form external_id:text salt:hash account:Account account_path:Path2 accounts:Accounts "
               "accounts_log:LogPath share:Share share_path:Path3 division:Division division_log:LogPath "
               "head:SignedHead trusted:text*"}.items()}
RANKS = [{"layer": n, "name": of, "rule": "proportional", "classes": False, "cap_of_weight": None, "on_touch": False,
    "basis": "rank"} for n, of in enumerate("session-gains matured-gains principal segregated".split(), 2**32 - 5)]

def must(holds, value, what):
    if not holds:
        raise ValueError(f"{value!r} is no {what} in its one form")
def number(value, kind):
    width = 0 if kind in DIGITS else int(kind[1:])
    most, size = DIGITS.get(kind) or 2 ** (width - (kind == "i64")) - 1, width // 8 or (8 if kind == "price" else 16)
    least = -most - (kind == "i64") if kind in ("signed", "i64") else 0
    one_form = type(value) is (int if width else str) and str(int(value)) == str(value)
    must(one_form and least <= int(value) <= most, value, kind)
    return int(value).to_bytes(size, "little", signed=least < 0)
def digits(text, count):
    must(len(text) == 2 * count and not set(text) - set("0123456789abcdef"), text, "hexadecimal")
    return bytes.fromhex(text)
def encode(kind, value):
    if kind[-1] == "?":
        return b"\0" if value is None else b"\1" + encode(kind[:-1], value)
    if kind[-1] == "*" or kind[1:] == "sums":
        must(type(value) is list and (kind[-1] == "*" or len(value) == int(kind[0])), value, kind)
        length = encode("u32", len(value)) if kind[-1] == "*" else b""
        return length + b"".join(encode(kind[:-1] if length else "sum", one) for one in value)
    if kind in FIELDS:
        must(list(value) == [name for name, _ in FIELDS[kind]] and value.get("den") != "0", value, kind)
        return b"".join(encode(of, value[name]) for name, of in FIELDS[kind])
    if kind in NAMES:
        return bytes([NAMES[kind].index(value, 1)])
    if kind == "text":
        return encode("u32", len(value.encode())) + value.encode()
    if kind == "bool":
        return bytes([["false", "true"].index(json.dumps(value))])
    size = {"hash": 32, "signature": 64}.get(kind)
    return digits(value, size) if size else number(value, kind)

def sha(*parts): return hashlib.sha256(b"".join(parts)).digest()
def tagged(tag, kind, value): return sha(f"rhodian/{tag}/1\0".encode(), encode(kind, value))
def climb(index, size, node, path, above):
    """The root by the inclusion proof of RFC 9162, with or without sums."""
    place, last = index, size - 1
    for sibling in path:
        if last == 0:
            return None
        odd = place & 1 or place == last
        node = above(sibling, node) if odd else above(node, sibling)
        while odd and place and not place & 1:
            place, last = place >> 1, last >> 1
        place, last = place >> 1, last >> 1
    return node if last == 0 and 0 <= index < size else None
def sum_root(tag, kind, leaf, names, proof, count):
    def above(left, right):
        sums = [int(a) + int(b) for a, b in zip(left["sums"], right["sums"], strict=True)]
        below = [f"rhodian/{tag}-node/1\0".encode(), *(encode(f"Node{len(sums)}", one) for one in (left, right))]
        return {"sums": list(map(str, sums)), "hash": sha(*below).hex()}
    node = {"sums": [leaf[name] for name in names], "hash": tagged(f"{tag}-leaf", kind, leaf).hex()}
    return climb(proof["index"], count, node, proof["path"], above)
def in_log(entry, proof, head):
    path, above = [digits(one, 32) for one in proof["path"]], lambda a, b: sha(b"\1", a, b)
    return climb(proof["index"], head["size"], sha(b"\0", entry), path, above) == digits(head["root"], 32)
P, Q = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P  # ed25519 (RFC 8032), for checking only
def add(a, b):
    x, y = (a[1] - a[0]) * (b[1] - b[0]), (a[1] + a[0]) * (b[1] + b[0])
    z, t = 2 * a[2] * b[2], 2 * a[3] * b[3] * D
    return ((y - x) * (z - t) % P, (z + t) * (y + x) % P, (z - t) * (z + t) % P, (y - x) * (y + x) % P)
def times(scalar, point):
    total = (0, 1, 1, 0)
    for bit in bin(scalar)[2:]:
        total = add(add(total, total), point) if bit == "1" else add(total, total)
    return total
def curve_point(data):
    sign, y = data[31] >> 7, int.from_bytes(data, "little") & (1 << 255) - 1
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if (x * x - square) % P == 0 else x * pow(2, (P - 1) // 4, P) % P
    must(y < P and (x * x - square) % P == 0 and (x or not sign), data, "point of the curve")
    x = P - x if x & 1 != sign else x
    return (x, y, 1, x * y % P)
def signed(key, message, signature):
    same = lambda a, b: (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0
    r, s, a = curve_point(signature[:32]), int.from_bytes(signature[32:], "little"), curve_point(key)
    small = any(same(times(8, one), (0, 1, 1, 0)) for one in (a, r))
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % Q
    base = curve_point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    return s < Q and not small and same(times(s, base), add(r, times(k, a)))
def exact(layer, claim, cap, level):
    """The exact share at the published level; None where the rule publishes none."""
    weight = {"proportional": int(claim["weight"]), "equal-losses": 1, "equal-awards": 1,
              "risk-weighted": F(int(claim["weight"]) * claim["risk"], 10**6)}.get(layer["rule"])
    if weight is None or weight == 0 or level is None:
        return None if weight is None else cap if weight else 0
    full, filled = cap, min(cap, weight * F(int(level["num"]), int(level["den"])))
    return full - filled if layer["rule"] == "equal-awards" else filled

def checks(receipt, key):
    account, share, accounts, division = (receipt[of] for of in "account share accounts division".split())
    head, by, layers = receipt["head"]["head"], receipt["head"]["by"], accounts["layers"]
    ranks = any(one["basis"] == "rank" or one["layer"] in [of["layer"] for of in RANKS] for one in layers)
    who = sha(b"rhodian/identity/1\0", digits(receipt["salt"], 32), receipt["external_id"].encode())
    words = " ".join(one.split(":")[0] for one in receipt["trusted"])
    yield "form", accounts["version"] == division["version"] == 1 \
        and words == "fills prices losers caps divisions earlier others"
    yield "identity", who.hex() == account["identity"] == share["identity"] and account["account"] == share["account"]
    yield "account-in-tree", accounts["root"] == sum_root(
        "account", "Account", account, ["gain", "loss"], receipt["account_path"], accounts["count"])
    gains, losses = (int(accounts["root"]["sums"][n]) + sum(int(t[of]) for t in accounts["terms"])
                     for n, of in enumerate(["gain", "loss"]))
    yield "balance", gains == losses
    yield "share-in-tree", division["root"] == sum_root(
        "share", "Share", share, ["share", "floor", "paid"], receipt["share_path"], division["count"])
    stood, divided = tagged("accounts", "Accounts", accounts), tagged("division", "Division", division)
    older = accounts["at"] < division["at"] and not ranks and all(one["basis"] != "stake" for one in layers)
    yield "same-loss", stood.hex() == division["accounts"] and (accounts["at"] == division["at"] or older) \
        and all(accounts[name] == division[name] for name in ("origin", "domain", "episode", "set"))
    yield "accounts-in-log", in_log(stood, receipt["accounts_log"], head)
    yield "division-in-log", in_log(divided, receipt["division_log"], head) \
        and receipt["accounts_log"]["index"] < receipt["division_log"]["index"]
    yield "signature", by["key"] == key and head["origin"] == accounts["origin"] and signed(
        digits(key, 32), b"rhodian/head/1\0" + encode("Head", head), digits(by["signature"], 64))
    yield "head-after-division", head["at"] >= division["at"]
    layer, claim = (next(one for one in of if one["layer"] == division["layer"]) for of in (layers, account["claims"]))
    cap, paid, now, whole, floor = (int(share[name]) for name in "cap paid share whole floor".split())
    weight, frozen, part = int(claim["weight"]), int(claim["cap"]), layer["cap_of_weight"]
    most, gain, netted, by = max(weight, frozen), int(account["gain"]), int(account["netted"]), layer["basis"]
    fixed = {"stake": weight == gain, "rank": netted == sum(int(one["weight"]) for one in account["claims"]) <= gain}
    trust = gain < most <= netted if by == "session-gains" else by not in fixed
    yield "weight", None if trust else weight == frozen and fixed[by] if by in fixed else most <= netted
    pot = RANKS[0] | {of: layer[of] for of in ("layer", "name", "basis")}
    yield from [("pot", layers == [pot] and None)] * (by == "stake") + [("rank", layers == RANKS and None)] * ranks
    anew = (by != "stake" or paid == int(division["before"]) == 0) and (by not in fixed or cap == frozen)
    yield "cap", anew and paid + now <= cap <= frozen and (part is None or frozen <= weight * part // 10**6)
    level = next(one["level"] for one in division["levels"] if one["class"] == (layer["classes"] and claim["class"]))
    rest, due = F(int(share["rest"]["num"]), int(share["rest"]["den"])), exact(layer, claim, cap, level)
    yield "level", None if due is None else rest < 1 and due == whole + rest
    up, given, last = (how := division["rounding"])["way"] == "up", how["way"] == "given", how["last"]
    mine = (-rest if whole >= paid else 0, share["place"])
    edge = last and (-F(int(last["rest"]["num"]), int(last["rest"]["den"])), last["place"])
    left = max(0, max(0, floor - int(how["rounds"])) - bool(last and mine >= edge))
    due = floor if up else floor + bool(last and mine <= edge) if given else left
    yield "rounding", due == now and up == layer["on_touch"] and floor == max(0, whole + (up and rest > 0) - paid)
    shares, floors, before = map(int, division["root"]["sums"])
    amount, owed, units = int(division["amount"]), int(division["before"]), int(how["units"])
    yield "sums", (shares == floors and 0 <= shares + before - amount - owed <= division["count"]) if up \
        else (shares, before, shares - floors) == (amount, owed, units if given else -units)
def main():
    if len(sys.argv) != 3:
        return print(__doc__, file=sys.stderr) or 2
    try:
        key = sys.argv[2] if len(sys.argv[2]) == 64 else open(sys.argv[2], encoding="ascii").read().strip()
        receipt = json.loads(text := open(sys.argv[1], "rb").read().decode().removesuffix("\n"))
        encode("Receipt", receipt)  # each field is what it is to be, and all is in the one form
        must(json.dumps(receipt, separators=(",", ":"), ensure_ascii=False) == text, "it", "receipt")
        found = list(checks(receipt, key))
    except Exception as error:  # whatever it is that the file lacks
        print(f"cannot be checked: {error or type(error).__name__}", file=sys.stderr)
        return 2
    print(*[{True: "passed", False: "FAILED", None: "trusted"}[of] + " " + name for name, of in found], sep="\n")
    print("trusted", *receipt["trusted"], sep="\n  ")
    good = all(passed is not False for _, passed in found)
    print(f"{receipt['external_id']}: {receipt['share']['share']} atoms of loss {receipt['division']['loss']}",
          ["NOT PROVEN", "proven"][good])
    return 0 if good else 1
sys.exit(main())
