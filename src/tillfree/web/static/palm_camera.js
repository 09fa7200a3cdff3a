// Where pictures of hands come from: the camera of this machine, or simulated ones that the server has. Both give JPEGs.

const LONGEST_PX = 960;
const QUALITY = 0.88;
const EMPTY = 9;  // so many pictures of nothing before a simulated hand comes again: it then counts as lifted
const HELD = 40;  // so many pictures it is held

/** The camera; `open` throws what the browser says where it gives none. */
export class Camera {
  constructor(video) {
    this.video = video;
    this.canvas = document.createElement("canvas");
    this.stream = null;
  }

  get open() {
    return this.stream !== null;
  }

  async start() {
    const wanted = { video: { width: { ideal: 1280 }, height: { ideal: 720 }, facingMode: { ideal: "environment" } } };
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
