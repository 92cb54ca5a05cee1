% mistake = mistakes.get(name)
<label for="{{name}}">{{label}}</label>
<input id="{{name}}" name="{{name}}" value="{{value}}" {{!attributes}}
  {{!f'aria-invalid="true" aria-describedby="{name}-mistake"' if mistake else ''}}>
% if mistake:
<p class="mistake" id="{{name}}-mistake">{{mistake}}</p>
% end
