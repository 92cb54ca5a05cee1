"""What changes from one version of the code to another: for the terminal here, for a browser in diff_page.py."""
import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from itertools import groupby, pairwise

ALIKE = 0.6  # of 1: from here on, files count as renamed
CONTEXT = 3  # unchanged lines that are shown above and below a change
ARROWS = {'-': '<', '+': '>'}
OTHER = {'-': '+', '+': '-'}
match = partial(SequenceMatcher, None, autojunk=False)  # finds what two lists have in common, in the same order


@dataclass
class Line:
    """A line of a diff. Its sign: ' ' unchanged, '+' new, '-' gone, '>' moved here, '<' moved away."""

    sign: str
    text: str
    block: str  # the function or class that it belongs to
    moved: str = ''  # the file that it comes from or went to
    fold: str = ''  # why it is not shown at once: 'unchanged', or what is yours
    html: str = ''  # on a page: the text in colours,
    row: int = 0  # its place,
    numbers: dict = field(default_factory=dict)  # and its number on each side


class FileDiff:
    """What changes in a file. If it is missing on one side, its name there is None."""

    def __init__(self, names, old, new):
        self.old_name, self.new_name = names
        self.name = self.new_name or self.old_name
        self.lines = list(diff_lines(old, new))

    @property
    def counts(self):
        """How many lines are new, gone and moved, by their sign."""
        return Counter(line.sign for line in self.lines if line.sign != ' ')

    @property
    def note(self):
        """What happens to it as a whole."""
        if not self.old_name or not self.new_name:
            return 'gone' if self.old_name else 'new'
        if self.old_name == self.new_name:
            return ''
        folder, _, name = self.old_name.rpartition('/')
        return f'was in {folder}/' if folder and self.name.endswith(f'/{name}') else f'was {self.old_name}'

    def moves(self, sign):
        """Return how many lines came from which other files, '>', or went to which, '<', blank ones aside."""
        lines = [line for line in self.lines if line.sign == sign and line.text.strip()]
        moved = Counter(line.moved for line in lines if line.moved != self.name)
        way = 'to' if sign == '<' else 'here from'
        return [f'{count} line{"s" * (count > 1)} moved {way} {name}' for name, count in moved.most_common()]

    def parts(self):
        """Yield (why they are folded, or '', lines) for each part. First, if a file is taken apart, what is gone."""
        lines = self.lines
        away = sum(line.sign == '<' and line.moved != self.name for line in lines)
        if away * 2 > sum(line.sign in ' -<' for line in lines):
            lines = [line for line in lines if line.sign in ' +>']
            gone = [line for line in self.lines if line.sign == '-' and line.text.strip()]
            if gone:
                yield 'gone', gone
        old, new = ({line.block for line in lines if line.sign in signs} for signs in (' -<', ' +>'))
        both = old & new
        for (fold, _), part in groupby(lines, key=lambda line: (line.fold, line.fold or line.block in both)):
            yield fold, list(part)  # a function that is new, or gone, is a part of its own


def compare(old, new, yours=()):
    """Return a FileDiff for each file that differs between {name: text} and {name: text}; what is yours is folded."""
    files = [FileDiff(names, *texts) for *texts, names in pair(old, new)]
    mark_moved(files)
    for file in files:
        fold(file, yours)
    return [file for file in files if file.counts or file.note]


# Which files, and which lines, are compared with each other

def pair(old, new):
    """Yield (old lines, new lines, (old name, new name)) for each file; where it is missing, its name is None."""
    old = {name: text.splitlines() for name, text in old.items()}
    new = {name: text.splitlines() for name, text in new.items()}
    origins = {name: name for name in new if name in old}
    for name in sorted(new.keys() - old.keys()):  # one that is gone and much alike, or none
        gone = sorted(old.keys() - origins.values())
        best = max(gone, key=lambda other: match(old[other], new[name]).ratio(), default=None)
        origins[name] = best if best and match(old[best], new[name]).ratio() > ALIKE else None
    for name in sorted(old.keys() - origins.values()):
        yield old[name], [], (name, None)
    for name in sorted(new):
        yield old.get(origins[name], []), new[name], (origins[name], name)


def split(lines):
    """Return (the top-level function, class or method that it belongs to, or '', line) for each line."""
    kind, block, blocks = '', '', []
    for line in lines:
        start = re.match(r'(?:async )?(def|class) (\w+)|\w', line)
        method = kind == 'class' and re.match(r'    (?:async )?def (\w+)', line)
        if start:  # what is not indented ends a function
            kind, block = start[1], start[2] or ''
        elif method:
            block = method[1]
        blocks.append(block)
    for place in reversed(range(len(lines) - 1)):
        if re.match(r'@|\s*$', lines[place]):  # decorators and blank lines belong to what they stand above
            blocks[place] = blocks[place + 1]
    return list(zip(blocks, lines))


def diff_lines(old, new):
    """Yield the lines; what is gone comes first. A line is unchanged only within the function of the same name."""
    old, new = split(old), split(new)
    for tag, i, j, k, m in match(old, new).get_opcodes():
        yield from (Line('-', text, block) for block, text in old[i:j] if tag != 'equal')
        yield from (Line(' ' if tag == 'equal' else '+', text, block) for block, text in new[k:m])


# What has moved, and what is folded

def is_tiny(text):
    """Return True if a line says too little to be recognized, as a closing bracket."""
    return len(re.findall(r'\w', text)) <= 3


def mark_moved(files):
    """Mark the lines that are gone in one place and new in another, but for white space; tiny ones go with others."""
    places = defaultdict(list)
    for file in files:
        for line in file.lines:
            places[line.sign, line.text.strip()].append(file.name)
    for file in files:
        last = ''
        for line in file.lines:
            others = places[OTHER.get(line.sign), line.text.strip()]
            if others and not is_tiny(line.text):
                last = last if last in others else file.name if file.name in others else others[0]
                line.sign, line.moved = ARROWS[line.sign], last
        for lines in file.lines, file.lines[::-1]:
            for neighbour, line in pairwise(lines):
                if is_tiny(line.text) and neighbour.sign == ARROWS.get(line.sign):
                    line.sign, line.moved = neighbour.sign, neighbour.moved


def fold(file, yours):
    """Fold what is yours, the file or functions that change, and unchanged lines that are not near any other change."""
    blocks = {line.block for line in file.lines if line.sign != ' '}.intersection(yours)
    for line in file.lines:
        if file.name in yours or line.block in blocks:
            line.fold = f'{"This" if file.name in yours else line.block} is yours'
    changes = [place for place, line in enumerate(file.lines) if line.sign != ' ' and not line.fold]
    near = {change + distance for change in changes for distance in range(-CONTEXT, CONTEXT + 1)}
    for is_far, run in groupby(enumerate(file.lines), key=lambda item: item[0] not in near and not item[1].fold):
        far = [line for _, line in run if is_far]
        if len(far) > CONTEXT:
            for line in far:
                line.fold = 'unchanged'


def show(file):
    """Yield the lines that show a file in the terminal. Each begins with its sign."""
    yield from (f'{sign} {move}' for sign in '><' for move in file.moves(sign))
    number, above, told = 1, 'new' if file.note in ('new', 'gone') else 'unchanged', set()
    for fold, lines in file.parts():
        if fold == '' and above in ('unchanged', 'gone'):
            yield f'@@ line {number} @@'
        if fold in ('', 'gone'):
            yield from (line.sign + line.text for line in lines)
        elif fold != 'unchanged' and fold not in told:  # yours may stand between ours
            told.add(fold)
            yield f'  {fold}: --ours shows ours'
        number += sum(line.sign in ' +>' for line in lines)
        above = fold
