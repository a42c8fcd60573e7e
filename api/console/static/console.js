// What a page can do better with a script than without: drop a file, copy a text, send a choice at once.
(() => {
  for (const hidden of document.querySelectorAll('[data-with-script]')) hidden.hidden = false;

  // Dropping a file on a form marked data-drop="<id of its file field>" chooses it there and sends it.
  for (const form of document.querySelectorAll('form[data-drop]')) {
    const field = document.getElementById(form.dataset.drop);
    const holdsFile = event => [...(event.dataTransfer?.types ?? [])].includes('Files');
    const over = on => form.classList.toggle('dropping', on);
    form.addEventListener('dragover', event => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      over(true);
    });
    form.addEventListener('dragleave', event => { if (!form.contains(event.relatedTarget)) over(false); });
    form.addEventListener('drop', event => {
      if (!holdsFile(event)) return;
      event.preventDefault();
      over(false);
      if (event.dataTransfer.files.length !== 1) return;
      field.files = event.dataTransfer.files;
      form.querySelector('[data-drop-send]').click();
    });
  }

  // A button marked data-copy="<id>" copies what that element says.
  document.addEventListener('click', async event => {
    const button = event.target.closest('button[data-copy]');
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.value ?? source.textContent);
      button.textContent = button.dataset.copied ?? 'Copied';
    } catch {  // no permission, or no secure page: the text can be selected by hand
      const range = document.createRange();
      range.selectNodeContents(source);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
    }
  });
})();
