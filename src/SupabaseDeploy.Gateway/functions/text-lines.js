/** Cuts a stream of text into its lines. */
export class TextLineStream extends TransformStream {
  constructor() {
    let rest = "";
    super({
      transform(chunk, controller) {
        const lines = (rest + chunk).split(/\r?\n/);
        rest = lines.pop();
        lines.forEach((line) => controller.enqueue(line));
      },
      flush(controller) {
        if (rest !== "") {
          controller.enqueue(rest);
        }
      },
    });
  }
}
