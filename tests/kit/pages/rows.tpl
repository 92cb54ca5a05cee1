% for row in rows:
% if any(line and line.starts_block for line in row):
<tr role="row" class="where">\\
% for line in diff.sides(row):
<td role="cell" colspan="2">\\
% if line and line.starts_block:
{{line.meaning.replace('here', 'from').replace('away', 'to')}} \\
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
