/**
 * Defines the style of the console's TV, its screen and its remote. Sizes on the screen are fractions of its width, so
 * that the screen looks the same at every size.
 *
 * @module
 */

/** The CSS of the TV and its remote. */
export const TV_STYLE = `
#set { align-self: start; justify-self: center; width: 100%; max-width: 60rem; }
#tv {
  padding: .55rem .55rem .8rem;
  background: linear-gradient(#23262f, #0b0c10 18%, #08090c);
  border: 1px solid #363b48;
  border-radius: .75rem;
  box-shadow: 0 0 0 1px #000, 0 1.6rem 4.5rem -1rem #000c, 0 0 7rem -1.5rem var(--glow, #ffb65c55);
}
.foot {
  width: 34%;
  height: 1rem;
  margin: 0 auto;
  background: linear-gradient(#14161c, #262a35);
  clip-path: polygon(14% 0, 86% 0, 100% 100%, 0 100%);
}
#screen:focus { outline: none; }
#screen {
  container-type: inline-size;
  position: relative;
  aspect-ratio: 16 / 9;
  border-radius: .2rem;
  overflow: hidden;
  background: #000;
}
.app {
  position: absolute;
  inset: 0;
  display: flex;
  flex-direction: column;
  padding: 4.4cqw 6cqw;
  color: #fff6ea;
  font-size: 2.2cqw;
  line-height: 1.35;
  background:
    radial-gradient(70cqw 60cqw at 100% 0%, #f08a3c 0%, #b4446433 45%, transparent 72%),
    radial-gradient(60cqw 50cqw at 0% 100%, #5a2a6e 0%, transparent 70%),
    #1c1029;
}
body { --glow: #ff9a4a55; }
body[data-screen="try-later"] { --glow: #6f8fff44; }
body[data-screen="home"] { --glow: #ff9a4a88; }
.app p { margin: 0; }
.app h3 { margin: 0; font-size: 5.2cqw; font-weight: 700; line-height: 1.1; letter-spacing: -.025em; }
.app .lead { max-width: 30em; margin-top: .5em; color: #f1dccb; }
.logo { display: flex; align-items: center; gap: .45em; font-size: 2.6cqw; font-weight: 700; letter-spacing: -.02em; }
.mark {
  width: 1em;
  height: 1em;
  border-radius: 50%;
  background:
    radial-gradient(circle, #7a2e12 0 22%, transparent 23%),
    repeating-conic-gradient(#ffc24d 0 20deg, #ff8c2e 20deg 40deg);
}
.app button {
  align-self: flex-start;
  margin: 1.1em 0 0;
  padding: .55em 1.3em;
  border: 0;
  border-radius: 2em;
  background: #ffffff24;
  color: #fff;
  font-size: 2.2cqw;
  font-weight: 600;
  cursor: pointer;
}
.app button.cursor { background: #fff; color: #24122f; box-shadow: 0 .6cqw 2.4cqw #0007; }
.app button:focus-visible, .app input:focus-visible { outline: .35cqw solid #ffb65c; outline-offset: .3cqw; border-radius: 2em; }
.app.start, .app.waiting { align-items: center; justify-content: center; text-align: center; }
.app.start .logo, .app.waiting .logo { font-size: 7cqw; }
.app.start button { align-self: center; margin-top: 2em; }
.spinner {
  width: 5cqw;
  height: 5cqw;
  margin: 3cqw 0 1.2cqw;
  border-radius: 50%;
  background: conic-gradient(transparent 12%, #ffb65c);
  mask: radial-gradient(closest-side, transparent 80%, #000 82%);
  animation: turn 1s linear infinite;
}
@keyframes turn { to { transform: rotate(1turn); } }
@media (prefers-reduced-motion: reduce) { .spinner { animation-duration: 6s; } }
.app.code { flex-direction: row; align-items: center; gap: 5cqw; }
.app.code .logo { margin-bottom: 2cqw; }
.qr { width: 30cqw; flex: none; border-radius: 1cqw; background: #fff; image-rendering: pixelated; }
.user-code { font: 700 6.4cqw/1.3 var(--mono); letter-spacing: .04em; }
.app.home:has(.plans li) .bar { margin-bottom: 1.2cqw; }
.app .plans { margin-top: .6em; font-size: 1.8cqw; color: #ffe3bf; }
.app.try-later, .app.refused { justify-content: center; background: radial-gradient(70cqw 60cqw at 80% 10%, #37508f 0%, transparent 70%), #10172b; }
.app.try-later .lead { color: #d6def2; }
.app.sign-in, .app.sign-up { justify-content: center; }
.app h3:not(:first-child) { margin-top: .35em; }
.app .bar { position: static; display: flex; justify-content: space-between; height: auto; margin-bottom: 3.6cqw; background: none; }
.app .who { color: #f5e2d2; font-size: 1.7cqw; }
.app .row { display: flex; gap: 1.2cqw; }
.films { display: flex; gap: 1.6cqw; margin: auto -6cqw -4.4cqw; padding: 0 6cqw 3.6cqw; list-style: none; }
.film {
  position: relative;
  flex: 0 0 20cqw;
  height: 18.5cqw;
  border-radius: 1cqw;
  overflow: hidden;
  box-shadow: 0 .8cqw 2.4cqw #0006;
}
.film span { position: absolute; inset: auto 0 0; padding: 3cqw 1.1cqw .9cqw; background: linear-gradient(transparent, #000a); font-size: 1.75cqw; font-weight: 650; line-height: 1.15; }
.film-0 { background: radial-gradient(9cqw 5cqw at 50% 105%, #0d3b52 60%, transparent 61%), radial-gradient(14cqw 6cqw at 15% 100%, #14566e 60%, transparent 61%), radial-gradient(circle at 68% 34%, #fff1c9 0 2.2cqw, transparent 2.3cqw), linear-gradient(#f7a35c, #e56a6a 55%, #6b3a6e); }
.film-1 { background: radial-gradient(circle at 35% 36%, #f6ecd2 0 4cqw, transparent 4.1cqw), radial-gradient(circle at 78% 22%, #f6ecd2aa 0 1.1cqw, transparent 1.2cqw), linear-gradient(#1d2a5b, #41357a); }
.film-2 { background: conic-gradient(from 150deg at 38% 34%, #dfeaf2 0 60deg, transparent 0), conic-gradient(from 155deg at 72% 50%, #9db9c9 0 52deg, transparent 0), linear-gradient(#5fb1b8, #17465d); }
.film-3 { background: radial-gradient(7cqw 12cqw at 50% 90%, #ffdf6b 20%, #ff8a2b 45%, transparent 72%), linear-gradient(#3b0f19, #7d1f24); }
.film-4 { background: linear-gradient(115deg, transparent 46%, #ffffff3d 46% 56%, transparent 56%), linear-gradient(65deg, transparent 48%, #ffffff2b 48% 55%, transparent 55%), linear-gradient(#8fc7a5, #1d5b4d); }
.film-5 { background: radial-gradient(circle at 50% 40%, #f2c6ff 0 .5cqw, transparent .6cqw), repeating-radial-gradient(circle at 50% 40%, #2b1b4c 0 1.5cqw, #452a73 1.5cqw 3cqw); }
.app label { display: grid; grid-template-columns: 9em minmax(0, 22em); align-items: center; margin-top: .7em; color: #f1dccb; font-size: 2.1cqw; }
.app form { display: flex; flex-direction: column; margin-top: 1em; }
.app input { width: 100%; padding: .5em .9em; border: 0; border-radius: 2em; background: #00000055; color: #fff; font-size: inherit; }
.app input.cursor { background: #000000a0; box-shadow: inset 0 0 0 .25cqw #ffb65c; }

#remote {
  align-self: center;
  justify-self: center;
  display: flex;
  flex-direction: column;
  align-items: center;
  width: 7.4rem;
  padding: 1rem .8rem 1.4rem;
  background: linear-gradient(100deg, #2d313c, #191c24 40%, #12141a);
  border: 1px solid #3a404f;
  border-radius: 2.6rem;
  box-shadow: 0 1.4rem 3rem -.6rem #000c, inset 0 1px 0 #ffffff1a;
}
.eye { width: .4rem; height: .4rem; margin-bottom: 1rem; border-radius: 50%; background: #5b2f3a; box-shadow: inset 0 0 2px #000; }
.ring {
  display: grid;
  grid-template-columns: repeat(3, 1fr);
  grid-template-rows: repeat(3, 1fr);
  grid-template-areas: ". up ." "left ok right" ". down .";
  flex: none;
  width: 5.9rem;
  height: 5.9rem;
  padding: .1rem;
  border-radius: 50%;
  background: radial-gradient(circle, #10131a 0 38%, #343a48 39%, #232732);
  box-shadow: 0 .25rem .7rem #0009, inset 0 1px 0 #ffffff22;
}
#remote button { padding: 0; border: 0; background: none; color: #cfd5e3; font-size: .6rem; cursor: pointer; }
#remote button:hover { color: #fff; }
#remote button:active { transform: scale(.94); }
.ring [data-key="up"] { grid-area: up; }
.ring [data-key="left"] { grid-area: left; }
.ring [data-key="right"] { grid-area: right; }
.ring [data-key="down"] { grid-area: down; }
#remote .ring [data-key="ok"] {
  grid-area: ok;
  margin: -.12rem;
  border-radius: 50%;
  background: radial-gradient(circle at 40% 30%, #ffcf8d, #f2953a);
  color: #33180a;
  font-size: .8rem;
  font-weight: 700;
  box-shadow: 0 .15rem .5rem #000a;
}
#remote .take-phone { margin-top: 1rem; padding: .3rem .9rem; border-radius: 1rem; background: #292e3a; font-size: .75rem; box-shadow: 0 .15rem .4rem #0008, inset 0 1px 0 #ffffff1a; }
.pair { display: flex; gap: .9rem; margin-top: 1.3rem; }
#remote .pair button { width: 2.2rem; height: 2.2rem; border-radius: 50%; background: #292e3a; font-size: 1rem; box-shadow: 0 .15rem .4rem #0008, inset 0 1px 0 #ffffff1a; }
#remote p { margin: 1.3rem 0 0; color: #a9b1c2; font-size: .7rem; line-height: 1.35; text-align: center; }
@media (max-width: 40rem) {
  #remote { flex-direction: row; gap: 1.1rem; width: auto; padding: .8rem 1.3rem .8rem 1rem; border-radius: 4rem; }
  .eye { margin: 0; }
  .pair, #remote .take-phone { margin: 0; }
  #remote p { display: none; }
}
`;
