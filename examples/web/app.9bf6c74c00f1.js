// A page for each path, drawn in the browser: the server answers every path with index.html.
const pages = {
  '/': { title: 'Courses', text: 'Reading avalanche reports. Bookkeeping.' },
  '/chat': { title: 'Chat', text: 'Rooms of your courses and of your school.' },
  '/assignments': { title: 'Assignments', text: 'What is due, and what came back.' },
};

function draw() {
  const page = pages[location.pathname] ?? { title: 'No such page', text: `There is nothing at ${location.pathname}.` };
  document.querySelector('h1').textContent = page.title;
  document.querySelector('main p').textContent = page.text;
  for (const link of document.querySelectorAll('nav a')) {
    link.toggleAttribute('aria-current', link.pathname === location.pathname);
  }
}

document.addEventListener('click', (event) => {
  const link = event.target.closest('nav a');
  if (link) {
    event.preventDefault();
    history.pushState(null, '', link.href);
    draw();
  }
});
addEventListener('popstate', draw);
draw();
