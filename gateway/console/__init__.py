"""The console: pages for operators and clerks, at ``/console`` in the process of the api.

Pages are rendered here, over the same use cases as the REST API, and read without JavaScript; htmx and ``console.js`` only
refresh what stands on them. How a page is added, say "agencies":

1. ``agencies.py``: a module with ``pages = Pages()``; each page is a function of a ``Visit`` (who asks, in which language):

       @pages.get("/agencies")
       async def list_agencies(visit: Visit) -> Response:
           lanes = await visit.parts.reads.lanes()
           return visit.render("agencies.html", lanes=lanes)

   ``pages.post`` has checked the form token and the scope before the function is called; it answers with
   ``visit.redirect("/agencies", done="agency_paused")`` (the text is ``done.agency_paused``). Raise the domain's errors:
   ``app.py`` makes pages of them; a form page catches ``Refusal`` and shows ``problems_of(error, visit.language)``.
2. ``templates/agencies.html``, which extends ``layout.html`` and takes its parts from ``macros.html``: ``page_header``,
   ``tag``, ``facts``, ``field``, ``errors``, ``empty``, ``older``. Filters: ``when``, ``day``, ``span``, ``left``,
   ``title_in``; ``t("agencies.title", name=…)`` is a text. No inline script or style: the policy forbids them.
3. ``texts/agencies.py``: ``TEXTS``, key → (uz, ru, ky, en); add the module to ``texts/__init__.py``.
4. Add the module to ``MODULES`` in ``app.py`` and, when it belongs there, an ``Entry`` to ``NAVIGATION`` in ``navigation.py``.

A further act on a case or a request is an ``Act`` in ``act_list.py``, a further filter of the list of cases a ``Filter`` in
``case_filter.py``. ``visit.sees`` narrows what is read to one client's cases; pass it on to the reads, always.
"""
