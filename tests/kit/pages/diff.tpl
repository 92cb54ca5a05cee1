% def parts(parts):
%   for lines in parts:
%     columns, cells = lay_out(lines)
<div class="lines {{columns}}">
%     for side, row, line in cells:
%       kind, tag = {' ': ('same', 'div'), '+': ('new', 'ins'), '-': ('gone', 'del'), '>': ('moved', 'ins'), '<': ('moved', 'del')}[line.sign]
%       indent = len(line.text) - len(line.text.lstrip())
<{{tag}} class="{{side}} {{kind}}" data-line="{{line.old_number if side == 'before' else line.new_number}}" style="grid-row:{{row}};--indent:{{indent}}"{{!' aria-hidden="true"' if tag == 'div' and side == 'before' else ''}}>{{!to_html(line.words, line.changed) or '<br>'}}</{{tag}}>
%     end
</div>
%   end
% end
% if not files:
<p>There is no difference.</p>
% else:
<ul class="files">
%   for file in files:
<li>{{!f'<a href="#{file.name}">{file.name}</a>' if file.lines and file.has_changes else file.name}} <small>{{file.note}}</small>\\
%     for sign, kind, meaning in (('+', 'new', 'new'), ('-', 'gone', 'gone'), ('>', 'moved', 'moved here'), ('<', 'moved', 'moved away')):
%       if file.count(sign):
 <span class="{{kind}}"><span aria-hidden="true">{{sign}}</span>{{file.count(sign)}}<span class="hidden"> {{meaning}}</span></span>\\
%       end
%     end
</li>
%   end
</ul>
% end
% for file in (file for file in files if file.has_changes):
<section class="file" aria-labelledby="{{file.name}}">
<h{{level}} id="{{file.name}}">{{file.name}} <small>{{file.note}}</small></h{{level}}>
%   for sign, word in (('>', 'from'), ('<', 'to')):
%     moves = [f'{count} {word} {name}' for name, count in file.moves(sign)]
%     if moves:
<p>Lines that have moved: {{', '.join(moves)}}</p>
%     end
%   end
%   if file.is_taken_apart and file.gone():
<details>
<summary>{{'1 line is gone' if len(file.gone()) == 1 else f'{len(file.gone())} lines are gone'}}</summary>
%     parts([file.gone()])
</details>
%   end
%   if file.is_yours:
<details>
<summary>This is yours. Ours: show</summary>
%   end
%   for lines in file.parts():
%     if lines[0].is_yours or lines[0].is_folded:
<details>
<summary>{{f'{lines[0].block} is yours. Ours: show' if lines[0].is_yours else f'{len(lines)} unchanged lines'}}</summary>
%       parts([lines])
</details>
%     else:
%       parts([lines])
%     end
%   end
%   if file.is_yours:
</details>
%   end
</section>
% end
