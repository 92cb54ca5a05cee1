"""What changes from one version of the code to another: tasks.py diff shows it in the terminal, diff_page.py in a browser."""
import difflib
import itertools
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field

ALIKE = 0.6  # of 1: from here on, files count as renamed, and so do functions
CONTEXT = 3  # unchanged lines that are shown above and below a change
ARROWS = {'-': '<', '+': '>'}


@dataclass
class Line:
    """A line of a diff. Its sign: ' ' unchanged, '+' new, '-' gone, '>' moved here, '<' moved away."""

    sign: str
    text: str
    block: str  # the function or class that it belongs to
    old_number: int
    new_number: int
    moved: str = ''  # the file that it comes from or went to
    is_yours: bool = False
    is_folded: bool = False
    words: list = field(default_factory=list)  # in a browser: those of the text, with their colours,
    changed: set = field(default_factory=set)  # and the places of those to mark

    @property
    def is_shown(self):
        """False if it is behind a line that says what it is."""
        return not self.is_yours and not self.is_folded


class FileDiff:
    """What changes in a file. If it is missing on one side, its name there is None."""

    def __init__(self, names, old, new):
        self.old_name, self.new_name = names
        self.name = self.new_name or self.old_name
        self.lines = list(number_lines(diff_blocks(split(old), split(new))))
        self.is_yours = False

    @property
    def has_changes(self):
        """False if it is at most renamed."""
        return any(line.sign != ' ' for line in self.lines)

    @property
    def is_taken_apart(self):
        """True if most of its lines have moved to other files."""
        away = sum(line.sign == '<' and line.moved != self.name for line in self.lines)
        return away * 2 > sum(line.sign in ' -<' for line in self.lines)

    @property
    def note(self):
        """What happens to it as a whole."""
        if not self.old_name or not self.new_name:
            return 'gone' if self.old_name else 'new'
        if self.old_name == self.new_name:
            return ''
        folder, _, name = self.old_name.rpartition('/')
        return f'was in {folder}/' if folder and self.name.endswith(f'/{name}') else f'was {self.old_name}'

    @property
    def title(self):
        """Its name, and what happens to it as a whole."""
        return f'{self.name} ({self.note})' if self.note else self.name

    def count(self, sign):
        """Return how many lines have this sign."""
        return sum(line.sign == sign for line in self.lines)

    def moves(self, sign):
        """Return how many lines came from which other files, '>', or went to which, '<', blank ones aside: ['12 lines moved to app/db.py', …]."""
        moved = [line.moved for line in self.lines if line.sign == sign and line.moved != self.name and line.text.strip()]
        return [f'{count} line{"s" * (count > 1)} moved {"to" if sign == "<" else "here from"} {name}' for name, count in Counter(moved).most_common()]

    def gone(self):
        """Return the lines that are really gone. Blank ones tell nothing."""
        return [line for line in self.lines if line.sign == '-' and line.text.strip()]

    def parts(self):
        """Return the lines in lists, which are shown or folded as one. Of a file that is taken apart, what is left."""
        lines = [line for line in self.lines if line.sign in ' +>' or not self.is_taken_apart]
        parts = []
        for (is_shown, _), part in itertools.groupby(lines, key=lambda line: (line.is_shown, (line.is_shown or line.is_yours) and line.block)):
            part = list(part)
            if parts and is_shown and parts[-1][0].is_shown and all(line.sign == ' ' for line in part):
                parts[-1] += part  # only context of what stands above
            else:
                parts.append(part)
        return parts


def compare(old, new, yours=()):
    """Return a FileDiff for each file that differs between {name: text} and {name: text}; yours are the functions and files to fold."""
    files = [FileDiff(names, *texts) for *texts, names in pair(old, new)]
    mark_moved(files)
    for file in files:
        file.is_yours = file.name in yours
        fold(file.lines, yours)
    return [file for file in files if file.has_changes or file.old_name != file.new_name]


# Which files, and which functions, are compared with each other

def pair(old, new):
    """Yield (old lines, new lines, (old name, new name)) for each file; if it is missing on one side, its name there is None."""
    old = {name: text.splitlines() for name, text in old.items()}
    new = {name: text.splitlines() for name, text in new.items()}
    origins = find_origins(old, new)
    for name in sorted(old.keys() - origins.values()):
        yield old[name], [], (name, None)
    for name in sorted(new):
        yield old.get(origins[name], []), new[name], (origins[name], name)


def find_origins(old, new):
    """Return {new name: old name}: the same, that of a file that is gone and much alike, or None."""
    origins = {name: name for name in new if name in old}
    for name in sorted(new.keys() - old.keys()):
        gone = {other: likeness(old[other], new[name]) for other in sorted(old.keys() - origins.values())}
        best = max(gone, key=gone.get, default=None)
        origins[name] = best if gone.get(best, 0) > ALIKE else None
    return origins


def likeness(one, other):
    """Return how much two lists have in common, in the same order, from 0 to 1."""
    return difflib.SequenceMatcher(None, one, other, False).ratio()


def match(one, other):
    """Return (tag, from, to, from, to) for each stretch that two lists have in common, and for what lies between."""
    return difflib.SequenceMatcher(None, one, other, False).get_opcodes()


def split(lines):
    """Return [name, lines] for each top-level function or class, with its decorators, and [first line, lines] for what stands between them."""
    blocks = [['', []]]
    for line in lines:
        start = re.match(r'@|(?:async )?(?:def|class) (\w+)', line)
        if start and blocks[-1][0] == '@':  # a decorator stands above: this is the name, or another decorator
            blocks[-1][0] = start[1] or '@'
        elif start:
            blocks.append([start[1] or '@', []])
        elif blocks[-1][0].isidentifier() and re.match(r'\w', line):  # not indented: the function has ended
            blocks.append([line, []])
        blocks[-1][1].append(line)
    for (_, above), (_, below) in itertools.pairwise(blocks):
        while above and not above[-1].strip():
            below.insert(0, above.pop())  # blank lines belong to what they stand above
    return blocks


def diff_blocks(old, new):
    """Yield (sign, text, block) of each line: blocks are compared if they have the same name, or a new one and much alike lines."""
    for tag, i, j, k, m in match([name for name, _ in old], [name for name, _ in new]):
        pairs = list(itertools.zip_longest(old[i:j], new[k:m], fillvalue=('', [])))
        if tag == 'equal' or all(likeness(before, after) > ALIKE for (_, before), (_, after) in pairs):
            for (_, before), (name, after) in pairs:
                yield from diff_lines(name, before, after)
        else:
            yield from (('-', text, name) for name, lines in old[i:j] for text in lines)
            yield from (('+', text, name) for name, lines in new[k:m] for text in lines)


def diff_lines(block, old, new):
    """Yield (sign, text, block) of each line; what is gone comes before what is new in its place."""
    for tag, i, j, k, m in match(old, new):
        if tag != 'equal':
            yield from (('-', text, block) for text in old[i:j])
        yield from ((' ' if tag == 'equal' else '+', text, block) for text in new[k:m])


def number_lines(lines):
    """Yield a Line for each (sign, text, block)."""
    old_number = new_number = 0
    for sign, text, block in lines:
        old_number += sign in ' -'
        new_number += sign in ' +'
        yield Line(sign, text, block, old_number, new_number)


# What has moved, and what is folded

def mark_moved(files):
    """Mark the lines that are gone in one place and new in another, white space aside; tiny ones go with the line above or below."""
    places = {'-': find_places(files, '-'), '+': find_places(files, '+')}
    for file in files:
        above = Line('', '', '', 0, 0)
        for line in file.lines:
            others = places.get({'-': '+', '+': '-'}.get(line.sign), {}).get(line.text.strip(), [])
            arrow = ARROWS.get(line.sign)
            if arrow and above.sign == arrow and (is_tiny(line.text) or above.moved in others):
                line.sign, line.moved = arrow, above.moved
            elif others and not is_tiny(line.text):
                line.sign, line.moved = arrow, file.name if file.name in others else others[0]
            above = line
        for below, line in itertools.pairwise(reversed(file.lines)):
            if is_tiny(line.text) and below.block == line.block and below.sign == ARROWS.get(line.sign):
                line.sign, line.moved = below.sign, below.moved


def find_places(files, sign):
    """Return {text: names of the files where it has this sign}."""
    places = defaultdict(list)
    for file in files:
        for line in file.lines:
            if line.sign == sign:
                places[line.text.strip()].append(file.name)
    return places


def is_tiny(text):
    """True for a text that says too little to be recognized, as a closing bracket."""
    return sum(map(str.isalnum, text)) < 4


def fold(lines, yours):
    """Mark the functions that change and are yours, and the unchanged lines that are not near any other change, where they are more than a few."""
    blocks = {line.block for line in lines if line.sign != ' '}.intersection(yours)
    for line in lines:
        line.is_yours = line.block in blocks
    changes = [place for place, line in enumerate(lines) if line.sign != ' ' and not line.is_yours]
    far = [not line.is_yours and all(abs(place - change) > CONTEXT for change in changes) for place, line in enumerate(lines)]
    for is_far, stretch in itertools.groupby(zip(far, lines), key=lambda pair: pair[0]):
        stretch = [line for _, line in stretch]
        for line in stretch:
            line.is_folded = is_far and len(stretch) > CONTEXT


# The terminal

def show(file):
    """Yield the lines that show a file in the terminal. Each begins with its sign."""
    if file.is_yours:
        yield '  This is yours: --ours shows ours'
        return
    yield from (f'{sign} {move}' for sign in '><' for move in file.moves(sign))
    yield from (line.sign + line.text for line in file.gone() if file.is_taken_apart)
    above = None
    for part in file.parts():
        if part[0].is_yours:
            yield f'  {part[0].block} is yours: --ours shows ours'
        elif not part[0].is_folded:
            if file.old_name and file.new_name and (above is None or above[0].is_folded):
                yield f'@@ line {part[0].new_number} @@'
            yield from (line.sign + line.text for line in part)
        above = part
