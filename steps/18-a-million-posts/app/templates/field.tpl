% error = errors.get(name, '')
<label for="{{name}}">{{label}}</label>
<input id="{{name}}" name="{{name}}" type="{{get('type', 'text')}}" maxlength="{{maxlength}}"
       value="{{'' if name == 'password' else form.get(name, '')}}"
       autocomplete="{{get('autocomplete', 'off')}}"
       autocapitalize="{{get('autocapitalize', 'on')}}"
       {{'required' if get('required', True) else ''}} {{'autofocus' if error else ''}}
       aria-invalid="{{'true' if error else 'false'}}" aria-describedby="{{name}}-error">
<p class="error" id="{{name}}-error">{{error}}</p>
