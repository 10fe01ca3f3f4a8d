"""Random expressions of the subset, typed, from a seed. They keep clear of where feelin and we differ on purpose
(feel/differences.txt): numbers are quarters, and divided by powers of two, so that binary floats hold them exactly; ranges
are in order and have no null for an end; a test with in stands in parentheses."""
import random

NUMBERS = ["amount", "small", "negative", "zero", "unset.number"]
TEXTS = ["name", "code", "blank", "unset.text"]
DATES = ["received", "leap", "later", "unset.date"]
YES_NO = ["yes", "no", "maybe", "map.matches"]
LISTS = {"number": ["fees", "one", "none", "unset.list"], "text": ["tags"], "yes_no": []}
WORDS = ["", "a", "b", "abc", "H58", "-", "001", "Văn", "ễ", "Đất đai", "nguyễn", "A", "x y", "😀"]
COMPARISONS = ["=", "!=", "<", "<=", ">", ">="]


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def pick(self, *choices):
        return self.random.choice(choices)

    def any(self, depth):
        kind = self.pick("yes_no", "yes_no", "yes_no", "number", "number", "text", "date", "days", "months", "items")
        if kind == "items":
            return self.items(self.pick("number", "text", "yes_no"), depth)
        return getattr(self, kind)(depth)

    # numbers

    def quarter(self, low=-60, high=160):
        quarters = self.random.randint(low, high)
        text = str(abs(quarters) // 4) + [".0", ".25", ".5", ".75"][abs(quarters) % 4]
        text = text.removesuffix(".0") if self.random.random() < 0.8 else text
        return f"(-{text})" if quarters < 0 else text

    def number(self, depth):
        if depth <= 0 or self.random.random() < 0.2:
            return self.pick(*NUMBERS, self.quarter(), self.quarter(), self.quarter())
        n = self.number
        low = depth - 1
        return self.pick(
            lambda: f"({n(low)} {self.pick('+', '-')} {n(low)})",
            lambda: f"{n(low)} {self.pick('+', '-')} {n(low)}",
            lambda: f"({n(low)} * {n(0)})",
            lambda: f"({n(low)} / {self.pick('2', '4', '0.5', 'zero', '8')})",
            lambda: f"-({n(low)})",
            lambda: f"abs({n(low)})",
            lambda: f"{self.pick('floor', 'ceiling')}({n(low)})",
            lambda: f"{self.pick('decimal', 'round up', 'round down', 'round half up', 'round half down')}({n(low)}, 0)",
            lambda: f"modulo({n(0)}, {n(0)})",
            lambda: f"count({self.items(self.pick('number', 'text', 'yes_no'), low)})",
            lambda: f"{self.pick('sum', 'min', 'max')}({self.items('number', low)})",
            lambda: f"{self.pick('sum', 'min', 'max')}({n(low)}, {n(low)}, {n(0)})",
            lambda: f"mean({n(low)}, {n(low)})",
            lambda: f"string length({self.text(low)})",
            lambda: f"number({self.digits()})",
            lambda: f"number(string({n(0)}))",
            lambda: f"({self.date(low)}).{self.pick('year', 'month', 'day', 'weekday')}",
            lambda: f"day of year({self.date(low)})",
            lambda: f"({self.days(low)}).{self.pick('days', 'hours', 'minutes', 'seconds')}",
            lambda: f"({self.months(low)}).{self.pick('years', 'months')}",
            lambda: f"({self.date(low)} - {self.date(low)}).days",
            lambda: f"{self.items('number', low)}[{self.pick('1', '2', '-1', '3', '0')}]",
            lambda: self.choice("number", low))()

    def digits(self):
        whole = str(self.random.randint(0, 99999))
        sign, fraction = self.pick("", "-"), self.pick("", "25", "5", "75")
        group, point = self.pick((None, None), (",", "."), (".", ","), (" ", ","))
        if not group:
            return f'"{sign}{whole}{"." + fraction if fraction else ""}"'
        grouped = f"{int(whole):,}".replace(",", group)
        return f'"{sign}{grouped}{point + fraction if fraction else ""}", "{group}", "{point}"'

    def choice(self, kind, depth):
        return f"(if {self.yes_no(depth)} then {getattr(self, kind)(depth)} else {getattr(self, kind)(depth)})"

    # texts

    def text(self, depth):
        if depth <= 0 or self.random.random() < 0.3:
            return self.pick(*TEXTS, *(f'"{w}"' for w in WORDS))
        low = depth - 1
        return self.pick(
            lambda: f"({self.text(low)} + {self.text(low)})",
            lambda: f"{self.pick('upper case', 'lower case')}({self.text(low)})",
            lambda: f"string({self.pick(self.number, self.text, self.date, self.yes_no)(low)})",
            lambda: f"substring({self.text(low)}, {self.pick('1', '2', '3', '5')})",
            lambda: f"substring({self.text(low)}, {self.pick('1', '2', '3')}, {self.pick('0', '1', '2', '9')})",
            lambda: f"{self.pick('substring before', 'substring after')}({self.text(low)}, {self.text(0)})",
            lambda: f"{self.pick('day of week', 'month of year')}({self.date(low)})",
            lambda: f"{self.items('text', low)}[{self.pick('1', '2', '-1')}]",
            lambda: self.choice("text", low))()

    # dates and durations

    def date(self, depth):
        year, month, day = self.random.randint(1900, 2100), self.random.randint(1, 12), self.random.randint(1, 28)
        if depth <= 0 or self.random.random() < 0.4:
            return self.pick(*DATES, f'date("{year}-{month:02}-{day:02}")', f'@"{year}-{month:02}-{day:02}"')
        low = depth - 1
        return self.pick(
            lambda: f"({self.date(low)} {self.pick('+', '-')} {self.whole_days()})",
            lambda: f"({self.date(low)} {self.pick('+', '-')} {self.months(0)})",
            lambda: f"date({year}, {self.random.randint(1, 13)}, {self.random.randint(27, 32)})",
            lambda: self.choice("date", low))()

    def whole_days(self):
        return f'duration("{self.pick("", "-")}P{self.random.randint(0, 400)}D")'

    def days(self, depth):
        n = self.random.randint
        if depth <= 0 or self.random.random() < 0.5:
            return 'duration("' + self.pick("", "-") + self.pick(
                f"P{n(0, 20)}D", f"PT{n(0, 50)}H", f"PT{n(0, 90)}M", f"PT{n(0, 90)}S", f"P{n(0, 20)}DT{n(0, 50)}H",
                f"P{n(0, 9)}DT{n(0, 9)}H{n(0, 9)}M{n(0, 9)}S") + '")'
        low = depth - 1
        return self.pick(lambda: f"({self.days(low)} {self.pick('+', '-')} {self.days(low)})",
                         lambda: self.choice("days", low))()

    def months(self, depth):
        n = self.random.randint
        if depth <= 0 or self.random.random() < 0.5:
            return 'duration("' + self.pick("", "-") + self.pick(f"P{n(0, 9)}Y", f"P{n(0, 30)}M",
                                                                 f"P{n(0, 9)}Y{n(0, 11)}M") + '")'
        low = depth - 1
        return self.pick(lambda: f"({self.months(low)} {self.pick('+', '-')} {self.months(low)})",
                         lambda: self.choice("months", low))()

    # lists

    def items(self, kind, depth):
        if self.random.random() < 0.3 and LISTS[kind]:
            return self.pick(*LISTS[kind])
        return "[" + ", ".join(getattr(self, kind)(depth - 1) for _ in range(self.random.randint(0, 4))) + "]"

    # yes and no

    def comparison(self, low):
        kind = self.pick("number", "number", "number", "text", "text", "date", "date", "days", "months", "yes_no")
        value = getattr(self, kind)
        sign = self.pick("=", "!=") if kind == "yes_no" else self.pick(*COMPARISONS)
        right = "null" if sign in ("=", "!=") and self.random.random() < 0.15 else value(low)
        return f"({value(low)}) {sign} ({right})" if kind == "yes_no" else f"{value(low)} {sign} {right}"

    def ends(self, kind):
        """Two values in order."""
        n = self.random.randint
        if kind == "number":
            low = n(-40, 100)
            return f"({low})" if low < 0 else str(low), str(low + n(0, 60)) if low >= 0 else str(n(0, 60))
        if kind == "text":
            return tuple(f'"{w}"' for w in sorted(self.random.sample(["A", "H", "N", "a", "c", "z"], 2)))
        low = n(1990, 2026)
        return f'date("{low}-01-01")', f'date("{low + n(0, 9)}-06-01")'

    def range(self, kind):
        low, high = self.ends(kind)
        return self.pick("[", "(", "]") + f"{low}..{high}" + self.pick("]", ")", "[")

    def test(self, kind, low):
        return self.pick(lambda: getattr(self, kind)(low), lambda: getattr(self, kind)(0), lambda: self.range(kind),
                         lambda: f"{self.pick('<', '<=', '>', '>=')} {getattr(self, kind)(low)}")()

    def membership(self, low):
        kind = self.pick("number", "text", "date")
        value = getattr(self, kind)(low)
        if kind != "date" and self.random.random() < 0.2:
            return f"({value} in {self.items(kind, low)})"
        if self.random.random() < 0.2:
            low_end, high_end = self.ends(kind)
            return f"({value} between {low_end} and {high_end})"
        tests = [self.test(kind, low) for _ in range(self.random.randint(2, 4))]
        return f"({value} in ({', '.join(tests)}))" if self.random.random() < 0.8 else f"({value} in {self.range(kind)})"

    def yes_no(self, depth):
        if depth <= 0 or self.random.random() < 0.15:
            return self.pick("true", "false", *YES_NO)
        low = depth - 1
        return self.pick(
            lambda: self.comparison(low), lambda: self.comparison(low), lambda: f"({self.comparison(low)})",
            lambda: self.membership(low), lambda: self.membership(low),
            lambda: f"({self.yes_no(low)} and {self.yes_no(low)})", lambda: f"({self.yes_no(low)} or {self.yes_no(low)})",
            lambda: f"({self.yes_no(low)} and {self.yes_no(low)} or {self.yes_no(low)} and {self.yes_no(low)})",
            lambda: f"not({self.yes_no(low)})",
            lambda: f"{self.pick('all', 'any')}({self.items('yes_no', low)})",
            lambda: f"{self.pick('contains', 'starts with', 'ends with')}({self.text(low)}, {self.text(0)})",
            lambda: f"{self.pick('even', 'odd')}({self.number(low)})",
            lambda: f"list contains({self.items('number', low)}, {self.number(low)})",
            lambda: f"list contains({self.items('text', low)}, {self.text(low)})",
            lambda: self.choice("yes_no", low))()


def expressions(seed, count):
    """COUNT different ones."""
    generator = Generator(seed)
    found = {}
    while len(found) < count:
        found[generator.any(generator.random.choice([1, 2, 2, 2, 3, 3]))] = None
    return list(found)
