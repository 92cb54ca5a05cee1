% for row in rows:
% labels = diff.labels(row)
% if any(labels):
<tr role="row" class="where">\\
% for line in labels:
<td role="cell" colspan="2">\\
% if line:
moved {{'from' if line.sign == '>' else 'to'}} \\
% if line.other.is_shown:
<a href="#{{line.other.id}}">{{line.other.file}}, line {{line.other.number}}</a>\\
% else:
{{line.other.file}}, line {{line.other.number}}\\
% end
% end
</td>\\
% end
</tr>
% end
<tr role="row">\\
% for line in diff.sides(row):
% if line:
<td role="cell"\\
% if line.is_target:
 id="{{line.id}}" tabindex="-1"\\
% end
>{{line.number}}</td><td role="cell" class="{{line.kind}} i{{line.indent}}">\\
% if line.meaning:
<span class="sign" aria-hidden="true">{{line.sign}}</span><span class="hidden">{{line.meaning}}: </span>\\
% end
{{!line.html}}</td>\\
% else:
<td role="cell"></td><td role="cell" class="none"></td>\\
% end
% end
</tr>
% end
