% error = errors.get(name, '')
% tag = get('tag', 'input')
<label for="{{name}}">{{label}}</label>
<{{tag}} id="{{name}}" name="{{name}}" maxlength="{{maxlength}}"
       autocomplete="{{get('autocomplete', 'off')}}"
       autocapitalize="{{get('autocapitalize', 'on')}}"
       {{'required' if get('required', True) else ''}} {{'autofocus' if error else ''}}
       aria-invalid="{{'true' if error else 'false'}}" aria-describedby="{{name}}-error"
% if tag == 'textarea':
       rows="3">
{{form.get(name, '')}}</textarea>
% else:
       type="{{get('type', 'text')}}" value="{{'' if name == 'password' else form.get(name, '')}}">
% end
<p class="error" id="{{name}}-error">{{error}}</p>
