// Where pictures of hands come from: the camera of this machine, or simulated ones that the server has. Both give JPEGs.

const LONGEST_PX = 960;
const QUALITY = 0.88;
const EMPTY = 9;  // so many pictures of nothing before a simulated hand comes again: it then counts as lifted
const HELD = 40;  // so many pictures it is held

/** A camera; `start` throws what the browser says where it gives none. */
export class Camera {
  /** `band` is the light that it sees: 0 visible, 1 near infrared. */
  constructor(video, band = 0) {
    this.video = video;
    this.band = band;
    this.canvas = document.createElement("canvas");
    this.stream = null;
  }

  get open() {
    return this.stream !== null;
  }

  /** Opens the camera of that id; of none, the one that the browser gives. */
  async start(device = "") {
    const which = device ? { deviceId: { exact: device } } : { facingMode: { ideal: "environment" } };
    const wanted = { video: { width: { ideal: 1280 }, height: { ideal: 720 }, ...which } };
    this.stream = await navigator.mediaDevices.getUserMedia(wanted);
    this.video.srcObject = this.stream;
    await this.video.play();
    this.video.hidden = false;
  }

  stop() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
    this.video.hidden = true;
  }

  /** What it sees now, or null before the first picture. */
  async picture() {
    const { videoWidth, videoHeight } = this.video;
    if (!videoWidth || !videoHeight) return null;
    const scale = Math.min(1, LONGEST_PX / Math.max(videoWidth, videoHeight));
    this.canvas.width = Math.round(videoWidth * scale);
    this.canvas.height = Math.round(videoHeight * scale);
    this.canvas.getContext("2d").drawImage(this.video, 0, 0, this.canvas.width, this.canvas.height);
    return new Promise((done) => this.canvas.toBlob(done, "image/jpeg", QUALITY));
  }

  /** Nothing of the last picture stays in memory. */
  erase() {
    this.canvas.width = this.canvas.height = 0;
  }
}

/** One camera for visible light, and perhaps one for near infrared: their pictures go out in turn. */
export class CameraPair {
  constructor(visible, nir) {
    this.visible = visible;
    this.nir = nir;
    this.band = 0;
  }

  get open() {
    return this.visible.open;
  }

  /** Opens those that were chosen; whether all of them are there. Throws where there is none for visible light. */
  async start(chosen) {
    try {
      await this.visible.start(chosen.visible);
    } catch (error) {
      if (!chosen.visible || error.name === "NotAllowedError") throw error;
      await this.visible.start();  // the one that was chosen is gone
    }
    if (!chosen.nir) return true;
    try {
      await this.nir.start(chosen.nir);
    } catch {
      return false;
    }
    return true;
  }

  stop() {
    for (const one of [this.visible, this.nir]) one.stop();
  }

  async picture() {
    this.band = this.nir.open && this.band === 0 ? 1 : 0;
    return (this.band ? this.nir : this.visible).picture();
  }

  erase() {
    for (const one of [this.visible, this.nir]) one.erase();
  }
}

const REMEMBERED = "tillfree.palm.cameras";

/** The ids of the cameras that were chosen at this machine: empty where none was. */
export function chosen_cameras() {
  try {
    const { visible = "", nir = "" } = JSON.parse(localStorage.getItem(REMEMBERED)) ?? {};
    return { visible: String(visible), nir: String(nir) };
  } catch {
    return { visible: "", nir: "" };
  }
}

export function remember_cameras(chosen) {
  try {
    localStorage.setItem(REMEMBERED, JSON.stringify(chosen));
  } catch {
    // A browser that keeps nothing is asked again the next time.
  }
}

/** The cameras of this machine. They have names only after the browser was asked for one. */
export async function known_cameras() {
  const found = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
  return found.filter((one) => one.kind === "videoinput" && one.deviceId);
}

/** The numbers of the pictures: nothing, the hand comes near, and then is held: the last half, forth and back. */
function sequence(frames) {
  const held = Array.from({ length: Math.ceil(frames / 2) }, (_, k) => frames - 1 - k);
  const wave = [...held, ...held.slice(1, -1).reverse()];
  return [
    ...Array(EMPTY).fill(0),
    ...Array.from({ length: frames - 1 }, (_, k) => k + 1),
    ...Array.from({ length: HELD }, (_, k) => wave[k % wave.length]),
  ];
}

/** Simulated pictures of one hand, again and again: first nothing, then the hand comes near and is held. */
export class SampleHand {
  /** `bands` says of each picture which light it was taken in: 0 visible, 1 near infrared. */
  constructor(person, bands, canvas) {
    this.person = person;
    this.bands = bands;
    this.band = 0;
    this.sequence = sequence(bands.length);
    this.canvas = canvas;
    this.next = 0;
    this.kept = new Map();
    canvas.hidden = false;
  }

  async picture() {
    const frame = this.sequence[this.next];
    this.next = (this.next + 1) % this.sequence.length;
    if (!this.kept.has(frame)) {
      const answer = await fetch(`/palm/samples/${this.person}/${frame}.jpg`);
      if (!answer.ok) throw new Error(answer.statusText);
      this.kept.set(frame, await answer.blob());
    }
    const blob = this.kept.get(frame);
    this.band = this.bands[frame];
    if (this.band === 0) await this.draw(blob);
    return blob;
  }

  async draw(blob) {
    const image = await createImageBitmap(blob);
    const side = Math.min(image.width, image.height);
    const context = this.canvas.getContext("2d");
    const [left, top] = [(image.width - side) / 2, (image.height - side) / 2];
    context.drawImage(image, left, top, side, side, 0, 0, this.canvas.width, this.canvas.height);
    image.close();
  }

  stop() {
    this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
    this.canvas.hidden = true;
    this.kept.clear();
  }
}
