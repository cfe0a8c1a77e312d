// A link brings its secret behind "#", which the browser sends to nobody: handed in as a form, and taken out of the address.
const secret = decodeURIComponent(location.hash.slice(1));
if (secret) {
  history.replaceState(null, "", "/enter");
  document.getElementById("secret").value = secret;
  document.getElementById("enter").submit();
}
