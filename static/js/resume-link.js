// A link to come back has the code behind the #, which no server sees. Here it is typed in for the person.
const field = document.getElementById("code");
const code = decodeURIComponent(location.hash.slice(1));
if (code && field) {
  history.replaceState(null, "", location.pathname); // the code stays in no list of visited pages
  field.value = code;
  field.form.requestSubmit();
}
