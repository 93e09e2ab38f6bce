/** Records such as people and agents write, by id, in English, German, French and Japanese. */
export const DOCUMENTS: Readonly<Record<string, string>> = {
  invoice:
    'Invoice overdue The invoice of March for the Hamburg office has not been paid; send a reminder.',
  travel: 'Travel expenses Employees hand in hotel and train receipts within thirty days.',
  holiday:
    'Holiday policy Everyone has twenty-eight days of vacation, to be approved by the team lead.',
  parental:
    'Parental leave Up to three years of unpaid leave after a birth, with part-time work allowed.',
  laptop: 'Laptop order New colleagues choose between two notebooks; delivery takes a week.',
  vpn: 'VPN access Install the client, import the certificate and sign in with your hardware token.',
  password:
    'Password reset Open the portal, answer the security question, and choose a new password.',
  printer: 'Printer on the second floor The printer jams when double-sided printing is on.',
  outage:
    'Database outage The primary PostgreSQL server ran out of disk space; replicas took over after four minutes.',
  backup:
    'Backup schedule Snapshots are taken hourly and kept for fourteen days in another region.',
  deploy:
    'Deployment checklist Run the migrations, watch the error rate, and roll back when it doubles.',
  kubernetes:
    'Kubernetes upgrade Nodes are drained one by one; the autoscaler stays off during the upgrade.',
  certificate: 'TLS certificates They are renewed automatically sixty days after they were issued.',
  webhook:
    'Webhook retries A delivery that fails is tried again with growing pauses for twelve hours.',
  ratelimit:
    'Rate limiting The API answers 429 when a key makes more than one hundred requests a second.',
  sso: 'Single sign-on The identity provider speaks SAML and OpenID Connect.',
  onboarding:
    'Onboarding plan First week: accounts, introductions, reading. Second week: a small task with a mentor.',
  retro: 'Retrospective What went well: pairing. What to improve: meetings start late.',
  roadmap: 'Roadmap for autumn Search, notifications, and an offline mode for the mobile app.',
  pricing: 'Pricing Three plans; the largest includes audit logs and a named contact.',
  churn:
    'Customer churn Fourteen customers cancelled their subscription last quarter, mostly small shops.',
  interview: 'User interviews Nurses want fewer clicks when they document medication.',
  allergy: 'Patient allergy The patient is allergic to penicillin and to peanuts.',
  weather: 'Weather station Temperature and humidity are measured every ten minutes on the roof.',
  solar: 'Solar panels The panels on the warehouse produced nine megawatt hours in June.',
  bicycle:
    'Bicycle storage The bike cellar is locked at night; chargers for e-bikes are at the back.',
  canteen:
    'Canteen menu Monday: lentil soup. Tuesday: mushroom risotto. Wednesday: fish and potatoes.',
  coffee: 'Coffee machine Descale it every month; tablets are in the cupboard below.',
  recipe: 'Apple cake Peel the apples, mix flour, butter and sugar, bake for fifty minutes.',
  running: 'Running group We run ten kilometres along the river on Thursday evenings.',
  chess: 'Chess club Beginners are welcome; boards and clocks are provided.',
  library: 'Library rules Books may be borrowed for four weeks and renewed twice.',
  museum: 'Museum visit Tickets for the exhibition of impressionist paintings are sold out.',
  satellite: 'Satellite launch The rocket put the weather satellite into a polar orbit.',
  volcano: 'Volcano warning Small earthquakes under the volcano became more frequent this week.',
  whales: 'Whale watching Humpback whales pass the coast between May and September.',
  contract:
    'Supplier contract The contract with the steel supplier ends in December and must be renegotiated.',
  gdpr: 'Data protection Personal data is deleted thirty days after an account is closed.',
  translation: 'Translation budget Manuals are translated into Polish, Czech and Turkish.',
  firealarm: 'Fire drill When the alarm sounds, leave by the stairs and meet in the car park.',
  calculator: 'calculator tool Evaluates arithmetic expressions with percent and parentheses.',
  openrouter: 'openrouter tool Sends chat messages to language models and reports the token cost.',
  scheduler: 'taskScheduler Runs a workflow at fixed times given as a cron expression.',
  kuendigung: 'Kündigungsfrist Die Kündigungsfrist beträgt drei Monate zum Quartalsende.',
  urlaub: 'Urlaubsantrag Anträge auf Urlaub werden spätestens zwei Wochen vorher gestellt.',
  heizung:
    'Heizung defekt Im dritten Stock bleibt die Heizung kalt, der Techniker kommt am Freitag.',
  strasse: 'Straßensperrung Die Hauptstraße ist wegen Bauarbeiten bis Oktober gesperrt.',
  rechnung: 'Rechnungsprüfung Rechnungen über tausend Euro werden von zwei Personen geprüft.',
  muell: 'Mülltrennung Papier, Glas und Bioabfall gehören in getrennte Behälter.',
  reunion:
    'Compte rendu de la réunion Le budget de l’année prochaine a été approuvé à l’unanimité.',
  livraison: 'Retard de livraison Les pièces commandées arriveront avec deux semaines de retard.',
  formation:
    'Formation à la sécurité Tous les employés suivent une formation sur la sécurité incendie.',
  logement: 'Aide au logement Les étudiants étrangers peuvent demander une aide au logement.',
  tokyo: '東京支社の会議 来週の月曜日に東京支社で予算会議があります。',
  ramen: 'ラーメンのレシピ 鶏の出汁と醤油で作る簡単なラーメン。',
};

/** A question and the one document that answers it. `kind` says what stands between their words. */
export interface Question {
  readonly query: string;
  readonly wants: string;
  readonly kind: 'words' | 'typo' | 'form' | 'german' | 'french' | 'japanese';
}

export const QUESTIONS: readonly Question[] = [
  { query: 'unpaid invoice reminder', wants: 'invoice', kind: 'words' },
  { query: 'how do I reset my password?', wants: 'password', kind: 'words' },
  { query: 'which server ran out of disk', wants: 'outage', kind: 'words' },
  { query: 'what is the patient allergic to', wants: 'allergy', kind: 'words' },
  { query: 'when does the supplier contract end', wants: 'contract', kind: 'words' },
  { query: 'cron workflow', wants: 'scheduler', kind: 'words' },
  { query: 'SAML identity provider', wants: 'sso', kind: 'words' },
  { query: 'humidity on the roof', wants: 'weather', kind: 'words' },
  { query: 'where is the bike cellar', wants: 'bicycle', kind: 'words' },
  { query: 'customers who cancelled', wants: 'churn', kind: 'words' },
  { query: 'PASSWORD RESET PORTAL', wants: 'password', kind: 'words' },
  { query: 'retry failed webhook delivery', wants: 'webhook', kind: 'form' },
  { query: 'kubernets node upgarde', wants: 'kubernetes', kind: 'typo' },
  { query: 'pasword rest', wants: 'password', kind: 'typo' },
  { query: 'databse outtage', wants: 'outage', kind: 'typo' },
  { query: 'calender of the chess clubb', wants: 'chess', kind: 'typo' },
  { query: 'certifcate renewl', wants: 'certificate', kind: 'typo' },
  { query: 'impresionist paintngs', wants: 'museum', kind: 'typo' },
  { query: 'retrospektive meeting', wants: 'retro', kind: 'typo' },
  { query: 'penicilin', wants: 'allergy', kind: 'typo' },
  { query: 'laptops and notebook', wants: 'laptop', kind: 'form' },
  { query: 'volcanoes and earthquake', wants: 'volcano', kind: 'form' },
  { query: 'printers jamming', wants: 'printer', kind: 'form' },
  { query: 'solar panel production', wants: 'solar', kind: 'form' },
  { query: 'borrow a book', wants: 'library', kind: 'form' },
  { query: 'translating manual', wants: 'translation', kind: 'form' },
  { query: 'task scheduler', wants: 'scheduler', kind: 'form' },
  { query: 'deploying a migration', wants: 'deploy', kind: 'form' },
  { query: 'Kündigung Frist Quartal', wants: 'kuendigung', kind: 'german' },
  { query: 'kundigungsfristen', wants: 'kuendigung', kind: 'german' },
  { query: 'Hauptstrasse gesperrt', wants: 'strasse', kind: 'german' },
  { query: 'Urlaub beantragen', wants: 'urlaub', kind: 'german' },
  { query: 'Heizungen kaputt', wants: 'heizung', kind: 'german' },
  { query: 'Rechnung prüfen', wants: 'rechnung', kind: 'german' },
  { query: 'Abfall trennen', wants: 'muell', kind: 'german' },
  { query: 'budget reunion', wants: 'reunion', kind: 'french' },
  { query: 'livraisons en retard', wants: 'livraison', kind: 'french' },
  { query: 'formations securite incendie', wants: 'formation', kind: 'french' },
  { query: 'étudiante étrangère logements', wants: 'logement', kind: 'french' },
  { query: '東京の予算', wants: 'tokyo', kind: 'japanese' },
  { query: '醤油ラーメン', wants: 'ramen', kind: 'japanese' },
];

/** Questions that were written after the weights of the lexical embedder were chosen: nothing was fitted to them. */
export const HELD_OUT_QUESTIONS: readonly Question[] = [
  { query: 'how many days of vacation', wants: 'holiday', kind: 'words' },
  { query: 'hardware token vpn client', wants: 'vpn', kind: 'words' },
  { query: 'audit log plan', wants: 'pricing', kind: 'words' },
  { query: 'descaling the coffee machine', wants: 'coffee', kind: 'form' },
  { query: 'baking cakes with apples', wants: 'recipe', kind: 'form' },
  { query: 'orbiting satellites', wants: 'satellite', kind: 'form' },
  { query: 'whales watchers coasts', wants: 'whales', kind: 'form' },
  { query: 'deleting personal accounts', wants: 'gdpr', kind: 'form' },
  { query: 'snapshoot shedule', wants: 'backup', kind: 'typo' },
  { query: 'travl expences', wants: 'travel', kind: 'typo' },
  { query: 'mushrom rissoto', wants: 'canteen', kind: 'typo' },
  { query: 'onbording mentr', wants: 'onboarding', kind: 'typo' },
  { query: 'openruter models', wants: 'openrouter', kind: 'typo' },
  { query: 'arithmetik percents', wants: 'calculator', kind: 'typo' },
  { query: 'Bauarbeiten an der Straße', wants: 'strasse', kind: 'german' },
  { query: 'Techniker für Heizung', wants: 'heizung', kind: 'german' },
  { query: 'Prüfung von Rechnungen', wants: 'rechnung', kind: 'german' },
  { query: 'pièce commandée', wants: 'livraison', kind: 'french' },
  { query: 'sécurité des employés', wants: 'formation', kind: 'french' },
  { query: 'aides pour étudiant', wants: 'logement', kind: 'french' },
  { query: '予算会議はいつ', wants: 'tokyo', kind: 'japanese' },
];
