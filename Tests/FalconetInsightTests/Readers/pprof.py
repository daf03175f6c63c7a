"""Reads a profile of pprof without its library, and prints JSON: written from profile.proto alone."""
import gzip, json, sys


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def fields(data):
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            size, at = varint(data, at)
            value, at = data[at:at + size], at + size
            assert len(value) == size
        else:
            raise ValueError(f"wire type {key & 7}")
        yield key >> 3, value


def message(data):
    result = {}
    for number, value in fields(data):
        result.setdefault(number, []).append(value)
    return result


def packed(values):
    numbers = []
    for data in values:
        at = 0
        while at < len(data):
            value, at = varint(data, at)
            numbers.append(value)
    return numbers


data = open(sys.argv[1], "rb").read()
profile = message(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)
strings = [text.decode() for text in profile[6]]
assert strings[0] == ""
one = lambda record, number: record.get(number, [0])[0]
functions = {}
for data in profile.get(5, []):
    function = message(data)
    functions[one(function, 1)] = strings[one(function, 2)]
assert 0 not in functions
mappings = {one(message(data), 1) for data in profile[3]}
locations = {}
for data in profile.get(4, []):
    location = message(data)
    assert one(location, 2) in mappings
    names = [functions[one(message(line), 1)] for line in location[4]]
    locations[one(location, 1)] = (one(location, 3), names)
assert 0 not in locations
types = [[strings[one(message(data), 1)], strings[one(message(data), 2)]] for data in profile[1]]
stacks = []
for data in profile.get(2, []):
    sample = message(data)
    values = packed(sample[2])
    assert len(values) == len(types)
    names = [name for id in packed(sample.get(1, [])) for name in locations[id][1]]
    # Folded stacks separate names by semicolons.
    names = [name.replace(";", ",") for name in names]
    stacks.append({"functions": ";".join(reversed(names)), "values": values})
print(json.dumps({"types": types, "stacks": stacks, "period": one(profile, 12)}))
