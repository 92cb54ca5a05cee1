"""tasks.py carry: bring a fix in one step to all later ones."""
import difflib
import io
import subprocess
import tarfile

from packages import run_suite
from steps import CODE, STEPS, find_step, read_code
from terminal import stop

CONTEXTS = [(3, 3), (1, 1), (1, 0), (0, 1), (0, 0)]  # how many lines above and below a change


def carry(options):
    """Bring the uncommitted changes in a step to all later ones, and check them; return the exit status."""
    index = find_step(options.step)
    conflicts = carry_on(index)
    steps = [f'--step={number}' for number in range(index + 1, len(STEPS) + 1)]
    return run_suite(options.offline, *steps) or min(conflicts, 1)


def carry_on(index):
    """Bring the uncommitted changes in a step to all later ones; return how many conflicts there are."""
    folder = STEPS[index][0]
    parts = find_parts(folder)
    if not parts:
        stop(f'Nothing is uncommitted in {folder.name}. Make the fix there first (in .py, .tpl or .css files).')
    conflicts = 0
    for folder, *_ in STEPS[index + 1:]:
        if not parts:
            break  # in conflict: whoever makes the fix in that step can carry it on from there
        files = {name: text.splitlines() for name, text in read_code(folder).items()}
        results = [bring(*part, files, folder) for part in parts]
        lines = [f'{result:9} {where}' for result, where in results]
        print(f'{folder.name:19}' + f'\n{"":19}'.join(lines), flush=True)
        conflicts += [result for result, _ in results].count('conflict')
        had = [part for part, (result, _) in zip(parts, results) if result == 'had it']
        parts = find_parts(folder)  # for the next one, in the words of this step
        known = [contexts[2] for _, contexts in parts]
        parts += [part for part in had if part[1][2] not in known]  # those of its last commit, too
    if conflicts:
        print('A conflict: the step differs from the one before. '
              'If it needs the fix, make it there, and carry it on from that step.', flush=True)
    return conflicts


def find_parts(folder):
    """Return each part of a step's uncommitted changes: (file, [(old lines, new lines)]), with less and less around."""
    try:
        archive = subprocess.run(['git', 'archive', 'HEAD', '.'], cwd=folder, check=True, capture_output=True).stdout
    except (OSError, subprocess.CalledProcessError):
        stop('carry compares with the last commit: it needs git, and a clone of the kit.')
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        files = [file for file in tar if file.name.endswith(CODE)]
        old = {file.name: tar.extractfile(file).read().decode().splitlines() for file in files}
    new = {name: text.splitlines() for name, text in read_code(folder).items()}
    parts = []
    for name in sorted({*old, *new}):
        before, now = old.get(name, []), new.get(name, [])
        for tag, i, j, k, m in difflib.SequenceMatcher(None, before, now, False).get_opcodes():
            if tag != 'equal':
                parts.append((name, [(before[max(0, i - above):j + below], now[max(0, k - above):m + below])
                                     for above, below in CONTEXTS]))
    return parts


def bring(name, contexts, files, folder):
    """Put new lines in the place of old ones, where just one place has them; return what came of it, and where."""
    if contexts[0][0] == []:  # a new file
        files.setdefault(name, [])
    if contexts[0][1] == [] and name not in files:  # a file that is deleted here, too
        return 'had it', name
    for old, new in contexts:
        pairs = [(old, 'took it'), (new, 'had it')]
        for lines, result in pairs if len(old) >= len(new) else pairs[::-1]:  # first what says more
            place = find_place(lines, name, files)
            if place:
                file, index = place
                files[file][index:index + len(lines)] = new
                write(folder / file, files[file])
                return result, file
    return 'conflict', f'{name}: {" / ".join(line.strip() for line in contexts[1][1])}'


def find_place(lines, name, files):
    """Return (file, index) of the one place of these lines, in the file of this name or else in any; or None."""
    for candidates in (files.keys() & {name}, files):
        places = [(file, i) for file in candidates for i in range(len(files[file]) + 1)
                  if files[file][i:i + len(lines)] == lines]
        if len(places) == 1:
            return places[0]


def write(path, lines):
    """Write lines into a file, or delete it if there are none."""
    if lines:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('\n'.join(lines) + '\n', encoding='utf-8', newline='\n')
    else:
        path.unlink()
