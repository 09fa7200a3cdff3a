// Makes photos smaller before they are sent: a telephone's are larger than is of use, or than the server takes.

const LONGEST_PX = 2048;
const QUALITY = 0.92;

async function smaller(file) {
  const image = await createImageBitmap(file);
  const scale = Math.min(1, LONGEST_PX / Math.max(image.width, image.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(image.width * scale);
  canvas.height = Math.round(image.height * scale);
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  return new File([blob], "photo.jpg", { type: "image/jpeg" });
}

const form = document.querySelector("form[data-photos]");
form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  button.disabled = true;
  for (const input of form.querySelectorAll("input[type=file]")) {
    try {
      const chosen = new DataTransfer();
      chosen.items.add(await smaller(input.files[0]));
      input.files = chosen.files;
    } catch {
      // what is no picture goes as it is: the server says so
    }
  }
  form.submit();
});
